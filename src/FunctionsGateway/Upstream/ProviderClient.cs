using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream.Egress;

namespace FunctionsGateway.Upstream;

/// <summary>Sends a translated call to a provider and hands its answer to a reader, within the call's deadline and the target's circuit.</summary>
internal sealed class ProviderClient(HttpMessageInvoker http, RequestSigner signer, ProviderResilience resilience, TargetHealth health, TimeProvider time)
{
    private const int ErrorBodyLimit = 64 * 1024;

    /// <summary>Reads what the client gets from a good answer; for a stream up to the first event. What it throws counts as the try's failure.</summary>
    /// <typeparam name="T">What is read; it owns the <see cref="Attempt"/> when it outlives the reading.</typeparam>
    internal delegate ValueTask<T> Reader<T>(Attempt attempt, ProviderRequest request);

    /// <summary>Sends <paramref name="request"/>; on the last target with retries.</summary>
    /// <param name="request">The call.</param>
    /// <param name="read">Reads a good answer.</param>
    /// <param name="targetsLeft">How many targets may still be tried, this one included.</param>
    /// <param name="firstByte">The longest wait for the first byte while another target is left.</param>
    /// <param name="deadline">The call's deadline.</param>
    /// <param name="cancellationToken">Fires when the client is gone.</param>
    /// <exception cref="ProviderException">The provider did not answer well.</exception>
    public ValueTask<T> SendAsync<T>(
        ProviderRequest request, Reader<T> read, int targetsLeft, TimeSpan firstByte, Deadline deadline, CancellationToken cancellationToken)
        where T : notnull =>
        resilience.SendAsync(
            request.Target,
            mayRetry: targetsLeft <= 1,
            deadline,
            static (s, token) => s.client.TryAsync(s.request, s.read, s.deadline, s.deadline.Share(s.targetsLeft, s.firstByte), token),
            (client: this, request, read, targetsLeft, firstByte, deadline),
            cancellationToken);

    private async ValueTask<T> TryAsync<T>(ProviderRequest request, Reader<T> read, Deadline deadline, TimeSpan patience, CancellationToken cancellationToken)
    {
        var provider = request.Target.Provider;
        var attempt = new Attempt(time, patience, deadline, cancellationToken);
        var isHandedOver = false;
        request.Effort.Begin(request.Target, time);
        try
        {
            if (await SendOnceAsync(request, attempt) is { } refusal)
            {
                // The key may have been changed where it is kept since it was read: then the call is signed anew, once.
                if (!refusal.IsKeyRefused || !await signer.RenewAsync(request.Target, attempt.Key, refusal, attempt.Answer.Headers.Date, attempt.Token))
                {
                    throw Rested(request, refusal);
                }

                attempt.Answer.Dispose();
                if (await SendOnceAsync(request, attempt) is { } again)
                {
                    throw Rested(request, again);
                }
            }

            request.Effort.Keep(attempt);
            var result = await read(attempt, request);
            isHandedOver = true;
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && attempt.Token.IsCancellationRequested)
        {
            throw attempt.IsConnecting ? ProviderException.Unreachable(provider) : ProviderException.TimedOut(provider, patience);
        }
        catch (HttpRequestException failure) when (failure.InnerException is EgressRefusedException refused)
        {
            throw new ProviderException(502, refused.Message, isTransient: false) { Code = "egress_refused" };
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError
            is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            throw ProviderException.Unreachable(provider);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw ProviderException.BrokenOff(provider);
        }
        catch (MalformedAnswerException failure)
        {
            throw ProviderException.Malformed(provider, attempt.Scrub(failure.Message));
        }
        catch (ProviderStreamException failure)
        {
            // An error that came with status 200 is the provider's refusal all the same.
            throw new ProviderException(UpstreamError.StatusForCaller(failure.Status), attempt.Scrub(failure.Detail), ProviderException.IsTransientStatus(failure.Status)) { Type = attempt.Scrub(failure.Type), Code = attempt.Scrub(failure.Code) };
        }
        finally
        {
            request.Effort.End(time);
            if (!isHandedOver)
            {
                attempt.Dispose();
            }
        }
    }

    // What the provider says of its own rest is told to the other instances.
    private ProviderException Rested(ProviderRequest request, ProviderException refusal)
    {
        if (refusal is { IsTransient: true, RetryAfter: { } wait } && wait > TimeSpan.Zero)
        {
            health.Rest(request.Target.Key, wait);
        }

        return refusal;
    }

    private async ValueTask<ProviderException?> SendOnceAsync(ProviderRequest request, Attempt attempt)
    {
        using var message = await MessageAsync(request, attempt);
        if (request.Connect is { } patience)
        {
            attempt.Connect(patience);
        }

        attempt.Answer = await http.SendAsync(message, attempt.Token);
        attempt.Connected();
        return attempt.Answer.IsSuccessStatusCode ? null : await RefusalAsync(attempt, request);
    }

    private async ValueTask<HttpRequestMessage> MessageAsync(ProviderRequest request, Attempt attempt)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Address)
        {
            Content = new CallContent(request.Body, () =>
            {
                attempt.Connected();
                request.Sending?.Invoke();
            }),
            Version = request.Address.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        foreach (var (name, value) in request.Headers)
        {
            if (ForwardedHeaders.MayGoUp(name))
            {
                message.Headers.TryAddWithoutValidation(name, ForwardedHeaders.OneLine(name, value));
            }
        }

        foreach (var (name, value) in request.Target.Headers)
        {
            if (!message.Headers.Contains(name))
            {
                message.Headers.TryAddWithoutValidation(name, ForwardedHeaders.OneLine(name, value, status: 503));
            }
        }

        attempt.Key = await signer.SignAsync(request.Target, request.Address, message.Headers, request.Body, attempt.Token);
        return message;
    }

    private async ValueTask<ProviderException> RefusalAsync(Attempt attempt, ProviderRequest request)
    {
        var (answer, provider) = (attempt.Answer, request.Target.Provider);
        await using var content = await answer.Content.ReadAsStreamAsync(attempt.Token);
        var body = new byte[ErrorBodyLimit];
        var length = await content.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, attempt.Token);
        var status = (int)answer.StatusCode;
        var named = provider.ErrorTypeHeader is { } header && answer.Headers.TryGetValues(header, out var types) ? types.First() : null;
        // Twice, since the reading shortens texts, through the middle of a key perhaps, and takes JSON's escapes away.
        var text = Encoding.UTF8.GetBytes(attempt.Scrub(Encoding.UTF8.GetString(body, 0, length)));
        var error = Scrubbed(UpstreamError.Read(status, answer.Content.Headers.ContentType?.MediaType, text, named), attempt);
        error = provider.Error?.Invoke(error) ?? error;
        status = error.Status;
        var told = error.ForCaller();
        return new ProviderException(told.Status, told.Message, ProviderException.IsTransientStatus(status))
        {
            Upstream = error,
            Type = told.Type,
            Code = told.Code,
            Param = told.Param,
            // What the client did wrong it reads best in the provider's own words.
            Native = request.IsNative && told.Status == status && status is >= 400 and < 500 and not (408 or 429) ? Scrubbed(body.AsSpan(0, length), attempt) : null,
            RetryAfter = RetryAfter(answer.Headers) ?? error.RetryAfter,
        };
    }

    private static UpstreamError Scrubbed(UpstreamError error, Attempt attempt) => error with
    {
        Message = attempt.Scrub(error.Message),
        Type = attempt.Scrub(error.Type),
        Code = attempt.Scrub(error.Code),
        Param = attempt.Scrub(error.Param),
    };

    // Escapes could hide a key from a search of the text: it is searched as it will be written.
    private static JsonObject? Scrubbed(ReadOnlySpan<byte> body, Attempt attempt)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject json ? JsonNode.Parse(attempt.Scrub(Encoding.UTF8.GetString(json.ToUtf8()))) as JsonObject : null;
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private TimeSpan? RetryAfter(HttpResponseHeaders headers)
    {
        if (headers.TryGetValues("retry-after-ms", out var values) && double.TryParse(values.First(), System.Globalization.CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds is >= 0 and < 86_400_000)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        var header = headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - time.GetUtcNow() : null);
        return wait > TimeSpan.Zero ? wait : wait is null ? null : TimeSpan.Zero;
    }
}

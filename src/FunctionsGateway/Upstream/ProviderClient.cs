using System.Net;
using System.Net.Http.Headers;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Upstream;

/// <summary>Sends a translated call to a provider and hands its answer to a reader, within the call's deadline and the target's circuit.</summary>
internal sealed class ProviderClient(HttpMessageInvoker http, RequestSigner signer, ProviderResilience resilience, TimeProvider time)
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
        ProviderRequest request, Reader<T> read, int targetsLeft, TimeSpan firstByte, Deadline deadline, CancellationToken cancellationToken) =>
        resilience.SendAsync(
            request.Target,
            mayRetry: targetsLeft <= 1,
            deadline,
            static (s, token) => s.client.TryAsync(s.request, s.read, s.deadline.Share(s.targetsLeft, s.firstByte), token),
            (client: this, request, read, targetsLeft, firstByte, deadline),
            cancellationToken);

    private async ValueTask<T> TryAsync<T>(ProviderRequest request, Reader<T> read, TimeSpan patience, CancellationToken cancellationToken)
    {
        var provider = request.Target.Provider;
        var attempt = new Attempt(time, patience, cancellationToken);
        var isHandedOver = false;
        try
        {
            using var message = await MessageAsync(request, attempt);
            attempt.Answer = await http.SendAsync(message, attempt.Token);
            if (!attempt.Answer.IsSuccessStatusCode)
            {
                throw await RefusalAsync(attempt, provider);
            }

            var result = await read(attempt, request);
            isHandedOver = true;
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && attempt.Token.IsCancellationRequested)
        {
            throw ProviderException.TimedOut(provider, patience);
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
            throw ProviderException.Malformed(provider, failure.Message);
        }
        catch (ProviderStreamException failure)
        {
            // An error that came with status 200 is the provider's refusal all the same.
            throw new ProviderException(UpstreamError.StatusForCaller(failure.Status), attempt.Scrub(failure.Message), failure.Status is 429 or >= 500) { Type = failure.Type, Code = failure.Code };
        }
        finally
        {
            if (!isHandedOver)
            {
                attempt.Dispose();
            }
        }
    }

    private async ValueTask<HttpRequestMessage> MessageAsync(ProviderRequest request, Attempt attempt)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Address)
        {
            Content = new CallContent(request.Body, request.Sending),
            Version = request.Address.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        foreach (var (name, value) in request.Headers ?? [])
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (var (name, value) in request.Target.Headers)
        {
            message.Headers.Remove(name);
            message.Headers.TryAddWithoutValidation(name, value);
        }

        attempt.Key = await signer.SignAsync(request.Target, request.Address, message.Headers, attempt.Token);
        return message;
    }

    private async ValueTask<ProviderException> RefusalAsync(Attempt attempt, Provider provider)
    {
        var answer = attempt.Answer;
        await using var content = await answer.Content.ReadAsStreamAsync(attempt.Token);
        var body = new byte[ErrorBodyLimit];
        var length = await content.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, attempt.Token);
        var status = (int)answer.StatusCode;
        var error = UpstreamError.Read(status, answer.Content.Headers.ContentType?.MediaType, body.AsSpan(0, length));
        var told = error.ForCaller();
        var isTransient = status is 408 or 429 or 498 or >= 500 && error.Code is not "insufficient_quota" && error.Type is not "insufficient_quota";
        return new ProviderException(told.Status, attempt.Scrub(told.Message), isTransient)
        {
            Upstream = error,
            Type = told.Type,
            Code = told.Code,
            Param = told.Param,
            RetryAfter = RetryAfter(answer.Headers),
        };
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

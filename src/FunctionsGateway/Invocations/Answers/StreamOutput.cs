using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>A provider's stream after its first event: what is left is to hand it to the client.</summary>
internal interface IClientStream : IAsyncDisposable
{
    /// <summary>Sends all events; returns when the provider has said that the answer is complete.</summary>
    /// <exception cref="ProviderStreamException">The provider reported an error.</exception>
    /// <exception cref="MalformedAnswerException">The stream broke off, or cannot be read.</exception>
    ValueTask PumpAsync(StreamOutput output);

    /// <summary>The try that brings the stream.</summary>
    Attempt Attempt { get; }

    /// <summary>The tokens that the provider has counted so far; null while it has said nothing.</summary>
    TokenUsage? Usage { get; }

    /// <summary>The number of the next event, in an API that numbers them (OpenAI's responses).</summary>
    long NextNumber => 0;
}

/// <summary>Hands a stream to the client: begins the answer, keeps the deadlines, and ends it truly, complete or with the dialect's error.</summary>
internal sealed class StreamOutput(HttpContext context, EventWriter writer, TimeProvider time, TimeSpan idle, TimeSpan longest, ArrayFrame? frame = null)
{
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    // What a stream that lasted too long may still take to say so.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly long _start = time.GetTimestamp();

    /// <summary>Sends the whole of <paramref name="stream"/>.</summary>
    /// <param name="stream">The stream, its first event peeked.</param>
    /// <param name="endsWithDone">Whether a complete stream ends with <c>[DONE]</c>.</param>
    /// <returns>Null when the stream was complete, else why it was not.</returns>
    public async ValueTask<GatewayException?> RunAsync(IClientStream stream, bool endsWithDone)
    {
        writer.Begin(isArray: frame is not null);
        var failure = await PumpAsync(stream);
        var dialect = Dialects.OfEvents(context.Request.Path);
        if (frame is not null)
        {
            await BoundAsync(writer.SendAsync(frame.End(failure is null ? null : ErrorEvent.Data(dialect, failure))));
        }
        else if (failure is not null)
        {
            await BoundAsync(writer.SendAsync(ErrorEvent.Bytes(dialect, failure, stream.NextNumber)));
        }
        else if (endsWithDone)
        {
            await BoundAsync(writer.SendAsync(Done));
        }

        return failure;
    }

    /// <summary>Sends whole events. While the client is slow the provider is not held to its pace.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> events, Attempt attempt)
    {
        var sending = writer.SendAsync(frame?.Items(events.Span) ?? events);
        if (sending.IsCompleted)
        {
            return sending;
        }

        attempt.Extend(LeftOfLongest());
        return BoundAsync(sending);
    }

    /// <summary>Gives the provider the idle time for its next event.</summary>
    public void AwaitNext(Attempt attempt)
    {
        var left = LeftOfLongest();
        attempt.Extend(left < idle ? left : idle);
    }

    private async ValueTask<GatewayException?> PumpAsync(IClientStream stream)
    {
        try
        {
            await stream.PumpAsync(this);
            return null;
        }
        catch (ProviderStreamException failure)
        {
            return new GatewayException(UpstreamError.StatusForCaller(failure.Status), stream.Attempt.Scrub(failure.Detail))
            {
                Type = stream.Attempt.Scrub(failure.Type) ?? "provider_error",
                Code = stream.Attempt.Scrub(failure.Code),
            };
        }
        catch (MalformedAnswerException failure)
        {
            return new GatewayException(502, $"The provider's stream cannot be read: {failure.Message}") { Type = "provider_error", Code = "provider_malformed_answer" };
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return LeftOfLongest() <= TimeSpan.Zero
                ? new GatewayException(504, $"The stream lasted longer than {longest.TotalMinutes:0.#} minutes.") { Type = "timeout_error", Code = "stream_too_long" }
                : new GatewayException(504, $"The provider was silent for {idle.TotalSeconds:0.#} seconds.") { Type = "timeout_error", Code = "stream_stalled" };
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            return new GatewayException(502, "The provider broke off its answer.") { Type = "provider_error", Code = "provider_broke_off" };
        }
    }

    // A client that takes nothing more cannot be told so either: its connection is closed.
    private async ValueTask BoundAsync(ValueTask sending)
    {
        if (sending.IsCompleted)
        {
            await sending;
            return;
        }

        var task = sending.AsTask();
        try
        {
            var left = LeftOfLongest();
            await task.WaitAsync(left > LastWords ? left : LastWords, time);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            context.Abort();
            throw new OperationCanceledException("The client stopped reading.", context.RequestAborted);
        }
    }

    private TimeSpan LeftOfLongest()
    {
        var left = longest - time.GetElapsedTime(_start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

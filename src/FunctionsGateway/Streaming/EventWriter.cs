using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FunctionsGateway.Streaming;

/// <summary>Writes server-sent events to a client, each batch flushed at once, and a comment whenever it was silent for too long.</summary>
/// <remarks>Writers and the heartbeat take turns, so a comment never stands inside an event. A slow reader holds the writer back; nothing piles up.</remarks>
internal sealed class EventWriter : IAsyncDisposable
{
    private static readonly byte[] Comment = ": keep-alive\n\n"u8.ToArray();

    // White space may stand between the items of an array.
    private static readonly byte[] Blank = "\n"u8.ToArray();

    private readonly HttpContext _context;
    private readonly TimeProvider _time;
    private readonly TimeSpan _heartbeat;
    private readonly SemaphoreSlim _turn = new(1);
    private ITimer? _timer;
    private byte[] _beat = Comment;
    private long _lastWrite;

    /// <summary>A writer for the answer of <paramref name="context"/>; nothing is sent before the first <see cref="SendAsync"/>.</summary>
    public EventWriter(HttpContext context, TimeProvider time, TimeSpan heartbeat)
    {
        _context = context;
        _time = time;
        _heartbeat = heartbeat;
    }

    /// <summary>Begins the answer: from here on its status is 200 and it must end in the stream's own way.</summary>
    /// <param name="isArray">Whether the events are items of one JSON array.</param>
    public void Begin(bool isArray = false)
    {
        var response = _context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = isArray ? "application/json; charset=utf-8" : "text/event-stream; charset=utf-8";
        _beat = isArray ? Blank : Comment;
        response.Headers.CacheControl = "no-cache";
        // Front ends that buffer would hold chunks back.
        response.Headers["X-Accel-Buffering"] = "no";
        _context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        _lastWrite = _time.GetTimestamp();
        _timer = _time.CreateTimer(static state => ((EventWriter)state!).Beat(), this, _heartbeat, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends whole events and waits until the client's connection has taken them.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> events)
    {
        if (!_turn.Wait(0, CancellationToken.None))
        {
            return SendLaterAsync(events);
        }

        var sending = WriteAsync(events);
        if (!sending.IsCompletedSuccessfully)
        {
            return FinishAsync(sending);
        }

        _turn.Release();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        // A beat that is under way still uses the response.
        await _turn.WaitAsync(CancellationToken.None);
        _turn.Dispose();
    }

    private async ValueTask SendLaterAsync(ReadOnlyMemory<byte> events)
    {
        await _turn.WaitAsync(_context.RequestAborted);
        await FinishAsync(WriteAsync(events));
    }

    private async ValueTask FinishAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> events)
    {
        _lastWrite = _time.GetTimestamp();
        await _context.Response.BodyWriter.WriteAsync(events, _context.RequestAborted);
    }

    private void Beat()
    {
        var silence = _time.GetElapsedTime(_lastWrite);
        if (silence < _heartbeat)
        {
            _timer?.Change(_heartbeat - silence, Timeout.InfiniteTimeSpan);
            return;
        }

        // When it is somebody else's turn the stream is not silent.
        if (!_context.RequestAborted.IsCancellationRequested && _turn.Wait(0, CancellationToken.None))
        {
            _ = BeatAsync();
        }

        _timer?.Change(_heartbeat, Timeout.InfiniteTimeSpan);
    }

    private async Task BeatAsync()
    {
        try
        {
            await FinishAsync(WriteAsync(_beat));
        }
        catch (OperationCanceledException)
        {
            // The client is gone; the stream's own loop learns it by its token.
        }
    }
}

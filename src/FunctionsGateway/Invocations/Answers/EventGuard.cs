using System.Net.ServerSentEvents;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>A provider's stream on its way to a parser, which gathers an event whole before it gives it out: no event may be longer than memory allows.</summary>
internal sealed class EventGuard(Stream source) : Stream
{
    /// <summary>The longest event, in bytes.</summary>
    public const int Longest = 16 * 1024 * 1024;

    private long _sinceEvent;

    /// <summary>The refusal of a longer one.</summary>
    public static MalformedAnswerException TooLong => new($"an event is longer than {Longest} bytes.");

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The events of <paramref name="events"/>, which are read from this stream.</summary>
    public async IAsyncEnumerable<SseItem<string>> Count(IAsyncEnumerable<SseItem<string>> events)
    {
        await foreach (var item in events)
        {
            _sinceEvent = 0;
            yield return item;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        return (_sinceEvent += read) <= Longest ? read : throw TooLong;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}

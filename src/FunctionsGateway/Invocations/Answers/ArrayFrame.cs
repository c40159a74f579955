using System.Buffers;
using System.Text.Json.Nodes;
using FunctionsGateway.Streaming;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Puts events into one JSON array that grows, as Gemini streams to those who do not ask for server-sent events (<c>alt=sse</c>).</summary>
internal sealed class ArrayFrame
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private bool _isOpen;

    /// <summary>The data of whole events as further items.</summary>
    public ReadOnlyMemory<byte> Items(ReadOnlySpan<byte> events)
    {
        _buffer.ResetWrittenCount();
        var scanner = new EventScanner();
        while (scanner.TryRead(events, out var length, out _, out var data))
        {
            if (data.Length > 0)
            {
                Separate();
                _buffer.Write(data);
            }

            events = events[length..];
        }

        return _buffer.WrittenMemory;
    }

    /// <summary>What ends the array; behind <paramref name="error"/>, when it is not whole.</summary>
    public ReadOnlyMemory<byte> End(JsonObject? error)
    {
        _buffer.ResetWrittenCount();
        if (error is not null || !_isOpen)
        {
            Separate();
            _buffer.Write(error?.ToUtf8());
        }

        _buffer.Write("]"u8);
        return _buffer.WrittenMemory;
    }

    private void Separate()
    {
        _buffer.Write(_isOpen ? ",\r\n"u8 : "["u8);
        _isOpen = true;
    }
}

using System.Buffers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Knows a chunk that differs from the last one in its text alone: it is JSON because the last one was, and means the same for the stream.</summary>
/// <remarks>A stream's chunks are nearly all like that, and three comparisons cost a twentieth of reading the JSON.</remarks>
internal sealed class LikeLast
{
    // What ends a text or begins an escape, and what no text may hold; a text without them is one whatever else it holds.
    private static readonly SearchValues<byte> Special =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    private byte[] _last = [];
    private int _head;
    private int _tail;

    /// <summary>Whether <paramref name="data"/> is the last chunk with another text in the place of its text.</summary>
    public bool Covers(ReadOnlySpan<byte> data)
    {
        if (_head == 0 || data.Length < _head + _tail)
        {
            return false;
        }

        var text = data[_head..^_tail];
        return data[.._head].SequenceEqual(_last.AsSpan(0, _head))
            && data[^_tail..].SequenceEqual(_last.AsSpan(_head, _tail))
            && text.IndexOfAny(Special) < 0;
    }

    /// <summary>Remembers a chunk that was read whole, and where its text lies; an empty range forgets.</summary>
    public void Remember(ReadOnlySpan<byte> data, Range text)
    {
        if (text.Start.Value == 0)
        {
            _head = 0;
            return;
        }

        _head = text.Start.Value;
        _tail = data.Length - text.End.Value;
        if (_last.Length < _head + _tail)
        {
            _last = new byte[_head + _tail];
        }

        data[.._head].CopyTo(_last);
        data[^_tail..].CopyTo(_last.AsSpan(_head));
    }
}

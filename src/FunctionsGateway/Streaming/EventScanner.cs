using FunctionsGateway.Providers;

namespace FunctionsGateway.Streaming;

/// <summary>Cuts server-sent events out of bytes as they arrive, without copying them and without looking at a byte twice.</summary>
internal struct EventScanner
{
    private int _line;
    private int _looked;
    private Range? _name;
    private Range? _data;

    /// <summary>How many bytes were looked at in all.</summary>
    public long Effort { get; private set; }

    /// <summary>Reads the first whole event of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">What has arrived of the event and behind it. After false it must begin with the same bytes again.</param>
    /// <param name="length">How many bytes the event takes, its closing blank line included.</param>
    /// <param name="name">The event's name; empty when it has none.</param>
    /// <param name="data">The event's data; empty when it is only a comment.</param>
    /// <returns>False when no whole event has arrived.</returns>
    /// <exception cref="MalformedAnswerException">The event has more than one line of data, which no provider sends.</exception>
    public bool TryRead(ReadOnlySpan<byte> bytes, out int length, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> data)
    {
        while (true)
        {
            var found = bytes[_looked..].IndexOf((byte)'\n');
            if (found < 0)
            {
                Effort += bytes.Length - _looked;
                _looked = bytes.Length;
                length = 0;
                name = default;
                data = default;
                return false;
            }

            Effort += found + 1;
            var (start, end) = (_line, _looked + found);
            _line = _looked = end + 1;
            if (end > start && bytes[end - 1] == '\r')
            {
                end--;
            }

            if (end == start)
            {
                length = _looked;
                name = _name is { } named ? bytes[named] : default;
                data = _data is { } value ? bytes[value] : default;
                (_line, _looked, _name, _data) = (0, 0, null, null);
                return true;
            }

            Keep(bytes, start, end);
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes, int start, int end)
    {
        var line = bytes[start..end];
        if (line.StartsWith("data:"u8))
        {
            _data = _data is null ? Value(bytes, start + 5, end) : throw new MalformedAnswerException("an event has more than one line of data.");
        }
        else if (line.StartsWith("event:"u8))
        {
            _name = Value(bytes, start + 6, end);
        }
    }

    private static Range Value(ReadOnlySpan<byte> bytes, int start, int end) => start < end && bytes[start] == ' ' ? (start + 1)..end : start..end;
}

using FunctionsGateway.Providers;

namespace FunctionsGateway.Streaming;

/// <summary>Cuts server-sent events out of bytes as they arrive, without copying them.</summary>
internal static class EventScanner
{
    /// <summary>Reads the first whole event of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">What has arrived and was not read yet.</param>
    /// <param name="length">How many bytes the event takes, its closing blank line included.</param>
    /// <param name="name">The event's name; empty when it has none.</param>
    /// <param name="data">The event's data; empty when it is only a comment.</param>
    /// <returns>False when no whole event has arrived.</returns>
    /// <exception cref="MalformedAnswerException">The event has more than one line of data, which no provider sends.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out int length, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> data)
    {
        name = default;
        data = default;
        length = 0;
        var hasData = false;
        while (true)
        {
            var end = bytes[length..].IndexOf((byte)'\n');
            if (end < 0)
            {
                return false;
            }

            var line = bytes.Slice(length, end);
            length += end + 1;
            if (line.Length > 0 && line[^1] == '\r')
            {
                line = line[..^1];
            }

            if (line.Length == 0)
            {
                return true;
            }

            if (line.StartsWith("data:"u8))
            {
                if (hasData)
                {
                    throw new MalformedAnswerException("an event has more than one line of data.");
                }

                data = Value(line, 5);
                hasData = true;
            }
            else if (line.StartsWith("event:"u8))
            {
                name = Value(line, 6);
            }
        }
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int start) =>
        line.Length > start && line[start] == ' ' ? line[(start + 1)..] : line[start..];
}

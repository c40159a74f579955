using System.Buffers.Binary;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>Reads <c>application/vnd.amazon.eventstream</c> (spec/providers-own-shape.md §7.7): every frame's two checksums are held against its bytes
/// before anything in it is believed.</summary>
/// <remarks>A frame becomes an event: its <c>:event-type</c> and its payload. An exception or error frame becomes the event <c>error</c>
/// with <c>{"error":{"type","message"}}</c>, as other providers write theirs.</remarks>
internal static class AwsEventStream
{
    private const int PreludeLength = 12, ChecksumLength = 4, LongestHeaders = 128 * 1024, LongestFrame = 24 * 1024 * 1024;

    // Strict: what is no UTF-8 is no text.
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static async IAsyncEnumerable<SseItem<string>> Read(Stream content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prelude = new byte[PreludeLength];
        while (await Fill(content, prelude, cancellationToken))
        {
            var (length, headers) = Lengths(prelude);
            var frame = new byte[length];
            prelude.CopyTo(frame, 0);
            if (!await Fill(content, frame.AsMemory(PreludeLength), cancellationToken))
            {
                throw Events.CutShort();
            }

            yield return Item(frame, headers);
        }
    }

    /// <summary>The headers of a whole frame, which hold text, numbers, bytes, times or identifiers.</summary>
    internal static Dictionary<string, object> Headers(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var headers = new Dictionary<string, object>();
            while (bytes.Length > 0)
            {
                var name = Utf8.GetString(bytes.Slice(1, bytes[0]));
                bytes = bytes[(1 + bytes[0])..];
                headers[name] = Value(bytes, out var taken);
                bytes = bytes[taken..];
            }

            return headers;
        }
        catch (Exception failure) when (failure is ArgumentException or IndexOutOfRangeException)
        {
            throw new MalformedAnswerException("The provider sent a frame whose headers cannot be read.");
        }
    }

    // False at the end of the content, where a frame may end but not stop.
    private static async ValueTask<bool> Fill(Stream content, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return read == buffer.Length || (read == 0 ? false : throw Events.CutShort());
    }

    private static (int Frame, int Headers) Lengths(ReadOnlySpan<byte> prelude)
    {
        var (frame, headers) = (BinaryPrimitives.ReadUInt32BigEndian(prelude), BinaryPrimitives.ReadUInt32BigEndian(prelude[4..]));
        if (Crc32.Of(prelude[..8]) != BinaryPrimitives.ReadUInt32BigEndian(prelude[8..]))
        {
            throw new MalformedAnswerException("The provider sent a frame whose beginning does not match its checksum.");
        }

        return frame is >= PreludeLength + ChecksumLength and <= LongestFrame && headers <= LongestHeaders && headers <= frame - PreludeLength - ChecksumLength
            ? ((int)frame, (int)headers)
            : throw new MalformedAnswerException($"The provider sent a frame of {frame} bytes with {headers} bytes of headers, which is none.");
    }

    private static SseItem<string> Item(ReadOnlySpan<byte> frame, int headerLength)
    {
        if (Crc32.Of(frame[..^ChecksumLength]) != BinaryPrimitives.ReadUInt32BigEndian(frame[^ChecksumLength..]))
        {
            throw new MalformedAnswerException("The provider sent a frame that does not match its checksum.");
        }

        var headers = Headers(frame.Slice(PreludeLength, headerLength));
        var payload = Payload(frame[(PreludeLength + headerLength)..^ChecksumLength]);
        return Text(":message-type") switch
        {
            "exception" => Error(Text(":exception-type"), Json.Parse(payload).Text("message") ?? Json.Parse(payload).Text("Message")),
            "error" => Error(Text(":error-code"), Text(":error-message")),
            _ => new(payload, Text(":event-type")),
        };

        string? Text(string name) => headers.GetValueOrDefault(name) as string;
    }

    private static string Payload(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (ArgumentException)
        {
            throw new MalformedAnswerException("The provider sent a frame whose payload is not text.");
        }
    }

    private static SseItem<string> Error(string? type, string? message) =>
        new(Json.Write(new JsonObject { ["error"] = new JsonObject { ["type"] = type, ["message"] = message } }), "error");

    private static object Value(ReadOnlySpan<byte> bytes, out int taken)
    {
        var value = bytes[1..];
        switch (bytes[0])
        {
            case 0 or 1:
                taken = 1;
                return bytes[0] == 0;
            case 2:
                taken = 2;
                return (sbyte)value[0];
            case 3:
                taken = 3;
                return BinaryPrimitives.ReadInt16BigEndian(value);
            case 4:
                taken = 5;
                return BinaryPrimitives.ReadInt32BigEndian(value);
            case 5:
                taken = 9;
                return BinaryPrimitives.ReadInt64BigEndian(value);
            case 6 or 7:
                var length = BinaryPrimitives.ReadUInt16BigEndian(value);
                taken = 3 + length;
                return bytes[0] == 6 ? value.Slice(2, length).ToArray() : Utf8.GetString(value.Slice(2, length));
            case 8:
                taken = 9;
                return DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(value));
            case 9:
                taken = 17;
                return new Guid(value[..16], bigEndian: true);
            default:
                throw new MalformedAnswerException("The provider sent a frame with a header of an unknown type.");
        }
    }

    /// <summary>The checksum of zip files (IEEE 802.3).</summary>
    internal static class Crc32
    {
        private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

        public static uint Of(ReadOnlySpan<byte> bytes)
        {
            var crc = uint.MaxValue;
            foreach (var value in bytes)
            {
                crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
            }

            return ~crc;
        }

        private static uint Entry(int index)
        {
            var entry = (uint)index;
            for (var bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) == 0 ? entry >> 1 : 0xEDB88320 ^ (entry >> 1);
            }

            return entry;
        }
    }
}

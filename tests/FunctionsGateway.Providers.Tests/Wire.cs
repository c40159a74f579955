using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>Events as bytes, in each framing.</summary>
/// <remarks>AWS' frames are kept as lines that can be read: <c>{"event":NAME,"data":{…}}</c>, <c>{"exception":NAME,"data":{…}}</c>,
/// and <c>{"chunk":{…}}</c> for a piece of InvokeModel's, which travels as base64.</remarks>
internal static class Wire
{
    /// <summary>The events of a fixture's file.</summary>
    public static IReadOnlyList<byte[]> Read(string text, Framing framing) => framing switch
    {
        Framing.ServerSentEvents => [.. Parts(text, "\n\n").Select(Encoding.UTF8.GetBytes)],
        Framing.JsonLines => [.. Parts(text, "\n").Select(Encoding.UTF8.GetBytes)],
        _ => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Line((JsonObject)JsonNode.Parse(line)!))],
    };

    /// <summary>One event.</summary>
    public static byte[] Event(Framing framing, string data, string name) => framing switch
    {
        Framing.ServerSentEvents => Encoding.UTF8.GetBytes($"event: {name}\ndata: {data}\n\n"),
        Framing.JsonLines => Encoding.UTF8.GetBytes(data + "\n"),
        _ => Frame(data, (":event-type", name), (":content-type", "application/json"), (":message-type", "event")),
    };

    /// <summary>A frame of AWS' event stream, its headers all text.</summary>
    public static byte[] Frame(string payload, params (string Name, string Value)[] headers)
    {
        byte[] head = [.. headers.SelectMany(header => (byte[])[(byte)header.Name.Length, .. Encoding.UTF8.GetBytes(header.Name), 7, .. Length(header.Value), .. Encoding.UTF8.GetBytes(header.Value)])];
        var body = Encoding.UTF8.GetBytes(payload);
        byte[] prelude = [.. Number((uint)(head.Length + body.Length + 16)), .. Number((uint)head.Length)];
        byte[] frame = [.. prelude, .. Number(AwsEventStream.Crc32.Of(prelude)), .. head, .. body];
        return [.. frame, .. Number(AwsEventStream.Crc32.Of(frame))];
    }

    private static byte[] Line(JsonObject line)
    {
        if (line["chunk"] is { } chunk)
        {
            return Event(Framing.AwsEventStream, $$"""{"bytes":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(chunk.ToJsonString()))}}"}""", "chunk");
        }

        return line["exception"]?.GetValue<string>() is { } exception
            ? Frame(line["data"]!.ToJsonString(), (":exception-type", exception), (":content-type", "application/json"), (":message-type", "exception"))
            : Event(Framing.AwsEventStream, line["data"]!.ToJsonString(), line["event"]!.GetValue<string>());
    }

    private static IEnumerable<string> Parts(string text, string end)
    {
        while (text.IndexOf(end, StringComparison.Ordinal) is var at and >= 0)
        {
            yield return text[..(at + end.Length)];
            text = text[(at + end.Length)..];
        }

        if (text.Length > 0)
        {
            yield return text;
        }
    }

    private static byte[] Length(string value) => [(byte)(Encoding.UTF8.GetByteCount(value) >> 8), (byte)Encoding.UTF8.GetByteCount(value)];

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}

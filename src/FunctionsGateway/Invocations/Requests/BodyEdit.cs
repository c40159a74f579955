using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>Makes the provider's body from the client's bytes where both speak the same API: every member as it was written, but those named here.</summary>
internal static class BodyEdit
{
    /// <summary>The body for <paramref name="operation"/>.</summary>
    /// <param name="root">The client's body.</param>
    /// <param name="operation">What the target serves.</param>
    /// <param name="call">The target's model and configuration.</param>
    /// <param name="facts">What was found in the body.</param>
    public static byte[] Forward(JsonElement root, NativeOperation operation, ProviderCall call, RequestFacts facts)
    {
        var output = new ArrayBufferWriter<byte>(JsonMarshal.GetRawUtf8Value(root).Length + 128);
        var separator = (byte)'{';
        var injectsUsage = call.Stream && operation.TakesIncludeUsage(call);
        if (operation.ModelFor(call) is { } model)
        {
            Open(output, "model"u8, ref separator);
            Write(output, JsonSerializer.SerializeToUtf8Bytes(model, BodyJsonContext.Default.String));
        }

        foreach (var member in root.EnumerateObject())
        {
            if (member.NameEquals("model"u8) || (member.NameEquals("stream_options"u8) && (injectsUsage || operation.RefusesStreamOptions)))
            {
                continue;
            }

            Open(output, JsonMarshal.GetRawUtf8PropertyName(member), ref separator);
            Write(output, facts.Coerced is { } coerced && coerced.TryGetValue(member.Name, out var value)
                ? JsonSerializer.SerializeToUtf8Bytes(value, BodyJsonContext.Default.JsonNode)
                : operation.Edits.TryGetValue(member.Name, out var edit) && member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                    ? Edited(member.Value, edit, call)
                    : JsonMarshal.GetRawUtf8Value(member.Value));
        }

        foreach (var (name, value) in operation.Members)
        {
            if (!root.TryGetProperty(name, out _))
            {
                Open(output, Encoding.UTF8.GetBytes(name), ref separator);
                Write(output, JsonSerializer.SerializeToUtf8Bytes(value, BodyJsonContext.Default.String));
            }
        }

        if (injectsUsage)
        {
            Open(output, "stream_options"u8, ref separator);
            Write(output, StreamOptions(root));
        }

        if (separator == '{')
        {
            Write(output, "{"u8);
        }

        Write(output, "}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Edited(JsonElement value, Action<JsonNode, ProviderCall> edit, ProviderCall call)
    {
        JsonNode node = value.ValueKind == JsonValueKind.Array ? JsonArray.Create(value)! : JsonObject.Create(value)!;
        edit(node, call);
        return node.ToUtf8();
    }

    // The usage is always asked for, to be counted; whether the client sees it is decided on the way back.
    private static ReadOnlySpan<byte> StreamOptions(JsonElement root)
    {
        if (!root.TryGetProperty("stream_options"u8, out var given) || given.ValueKind != JsonValueKind.Object || !given.EnumerateObject().MoveNext())
        {
            return """{"include_usage":true}"""u8;
        }

        var options = JsonObject.Create(given)!;
        options["include_usage"] = true;
        return options.ToUtf8();
    }

    private static void Open(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> name, ref byte separator)
    {
        var span = output.GetSpan(name.Length + 4);
        span[0] = separator;
        span[1] = (byte)'"';
        name.CopyTo(span[2..]);
        span[name.Length + 2] = (byte)'"';
        span[name.Length + 3] = (byte)':';
        output.Advance(name.Length + 4);
        separator = (byte)',';
    }

    private static void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes) => output.Write(bytes);
}

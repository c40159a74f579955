using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The stream of Anthropic's Messages (spec/providers-own-shape.md §1.3), complete at <c>message_stop</c>.
/// Events and deltas of unknown kinds are passed over.</summary>
internal static class MessagesStream
{
    public static async IAsyncEnumerable<JsonObject> Read(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var (id, model) = ((string?)null, (string?)null);
        var usage = new JsonObject();
        var blocks = new Dictionary<long, Block>();
        var citations = new AnthropicCitations();
        var tools = 0;
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Events.Read(item);
            var delta = json.Object("delta");
            var chunk = (JsonObject?)null;
            switch (json.Text("type"))
            {
                case "message_start":
                    var message = json.Object("message") ?? [];
                    (id, model) = (message.Text("id"), message.Text("model"));
                    Overlay(usage, message.Object("usage"));
                    chunk = ChatShape.NewChunk(new() { ["role"] = "assistant", ["content"] = "" });
                    break;
                case "content_block_start":
                    var block = json.Object("content_block") ?? [];
                    var isTool = block.Text("type") is "tool_use";
                    blocks[json.Whole("index") ?? 0] = new(block, isTool ? tools++ : -1);
                    chunk = isTool ? ToolChunk(MessagesShape.Call(block, ""), tools - 1)
                        : block.Text("text") is { Length: > 0 } begin ? ChatShape.NewChunk(new() { ["content"] = begin }) : null;
                    break;
                case "content_block_delta" when delta is not null && blocks.TryGetValue(json.Whole("index") ?? 0, out var current):
                    chunk = current.Delta(delta);
                    break;
                case "content_block_stop" when blocks.Remove(json.Whole("index") ?? 0, out var ended):
                    chunk = ended.End(citations);
                    break;
                case "message_delta":
                    // MLflow's own tests nest usage inside the delta; the API has it beside.
                    Overlay(usage, json.Object("usage") ?? delta?.Object("usage"));
                    chunk = delta?.Text("stop_reason") is { } reason ? Finish(reason, delta, json) : null;
                    break;
                case "message_stop":
                    yield return Unified(ChatShape.LastChunk(MessagesShape.Tokens(usage)));
                    yield break;
                case "error":
                    throw UpstreamError.FromEvent(json).InStream();
                default:
                    break;
            }

            if (chunk is not null)
            {
                yield return Unified(chunk);
            }
        }

        throw Events.CutShort();

        JsonObject Unified(JsonObject chunk)
        {
            chunk["id"] = id;
            chunk["model"] = model;
            return ChatShape.Chunk(chunk, call)!;
        }
    }

    private static JsonObject Finish(string reason, JsonObject delta, JsonObject told)
    {
        var chunk = ChatShape.NewChunk([], MessagesShape.FinishReason(reason));
        var choice = (JsonObject)chunk["choices"]![0]!;
        choice["native_finish_reason"] = reason;
        if (reason is "refusal" && delta.Object("stop_details")?.Text("explanation") is { } explanation)
        {
            choice.Within("delta")["refusal"] = explanation;
        }

        MessagesShape.Ending(delta, choice);
        Head.KeepRest(delta, chunk, "stop_reason", "usage");
        Head.KeepRest(told, chunk, "type", "delta", "usage");
        return chunk;
    }

    private static JsonObject ToolChunk(JsonObject call, int index)
    {
        call.Insert(0, "index", index);
        return ChatShape.NewChunk(new() { ["tool_calls"] = new JsonArray(call) });
    }

    // Counts are cumulative; a null says nothing.
    private static void Overlay(JsonObject usage, JsonObject? later)
    {
        foreach (var (name, value) in later ?? [])
        {
            if (value is not null)
            {
                usage[name] = value.DeepClone();
            }
        }
    }

    private sealed class Block(JsonObject start, int tool)
    {
        private readonly StringBuilder _thinking = new(start.Text("thinking"));
        private readonly StringBuilder _arguments = new();
        private readonly StringBuilder _text = new(start.Text("text"));
        private readonly JsonArray _citations = [];
        private string? _signature = start.Text("signature");
        private bool _hasArguments;

        public JsonObject? Delta(JsonObject delta)
        {
            switch (delta.Text("type"))
            {
                case "text_delta":
                    _text.Append(delta.Text("text"));
                    return ChatShape.NewChunk(new() { ["content"] = delta.Text("text") });
                case "input_json_delta":
                    var part = delta.Text("partial_json") ?? "";
                    if (tool < 0)
                    {
                        _arguments.Append(part);
                        return null;
                    }

                    _hasArguments |= part.Length > 0;
                    return part.Length > 0 ? Arguments(part) : null;
                case "thinking_delta":
                    _thinking.Append(delta.Text("thinking"));
                    return ChatShape.NewChunk(new() { ["reasoning_content"] = delta.Text("thinking") });
                case "signature_delta":
                    _signature = delta.Text("signature");
                    return null;
                case "citations_delta" when delta.Take("citation") is { } citation:
                    // Told at the block's end, when it is known how much of the text they back.
                    _citations.Add(citation);
                    return null;
                default:
                    return null;
            }
        }

        public JsonObject? End(AnthropicCitations citations)
        {
            switch (start.Text("type"))
            {
                case "text":
                    citations.Add(_citations, _text.ToString());
                    var cited = new JsonObject();
                    citations.MoveTo(cited);
                    return cited.Count > 0 ? ChatShape.NewChunk(cited) : null;
                case "tool_use" when !_hasArguments:
                    // A tool without parameters streams no arguments at all, but clients parse what they gathered.
                    return Arguments(Json.Write(start["input"] ?? new JsonObject()));
                case "thinking":
                    start["thinking"] = _thinking.ToString();
                    start["signature"] = _signature;
                    return Thinking();
                case "redacted_thinking":
                    return Thinking();
                case "tool_use" or null:
                    return null;
                default:
                    // The traces of server tools: their arguments are streamed, their results come whole.
                    if (_arguments.Length > 0)
                    {
                        start["input"] = Json.Parse(_arguments.ToString());
                    }

                    return ChatShape.NewChunk(new() { ["native_parts"] = new JsonArray(start.DeepClone()) });
            }
        }

        private JsonObject Arguments(string text) => ToolChunk(new() { ["function"] = new JsonObject { ["arguments"] = text } }, tool);

        private JsonObject Thinking() => ChatShape.NewChunk(new() { ["thinking_blocks"] = new JsonArray(start.DeepClone()) });
    }
}

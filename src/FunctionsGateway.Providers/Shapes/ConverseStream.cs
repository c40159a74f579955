using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The stream of Converse (spec/providers-own-shape.md §7.4): complete when <c>messageStop</c> has come;
/// the usage follows it. Events of unknown kinds are passed over.</summary>
internal static class ConverseStream
{
    public static async IAsyncEnumerable<JsonObject> Read(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var blocks = new Dictionary<long, Block>();
        var (tools, isComplete) = (0, false);
        await foreach (var item in events.WithCancellation(cancel))
        {
            var json = Read(item);
            var index = json.Whole("contentBlockIndex") ?? 0;
            var chunk = (JsonObject?)null;
            switch (item.EventType)
            {
                case "messageStart":
                    chunk = ChatShape.NewChunk(new() { ["role"] = "assistant", ["content"] = "" });
                    break;
                case "contentBlockStart" when json.Object("start")?.Object("toolUse") is { } tool:
                    blocks[index] = new(tools);
                    chunk = ToolCalls.Chunk(ToolCalls.New(tool.Text("toolUseId"), tool.Text("name"), ""), tools++);
                    break;
                case "contentBlockDelta" when json.Object("delta") is { } delta:
                    if (!blocks.TryGetValue(index, out var block))
                    {
                        blocks[index] = block = new(-1);
                    }

                    chunk = block.Delta(delta);
                    break;
                case "contentBlockStop" when blocks.Remove(index, out var ended):
                    chunk = ended.End();
                    break;
                case "messageStop":
                    isComplete = true;
                    var reason = json.Text("stopReason");
                    chunk = ChatShape.NewChunk([], ConverseShape.FinishReason(reason) ?? "stop");
                    chunk["choices"]![0]!["native_finish_reason"] = reason;
                    Head.KeepRest(json, chunk, "stopReason", "p");
                    break;
                case "metadata":
                    chunk = ChatShape.LastChunk(ConverseShape.Tokens(json.Object("usage") ?? []), json, "usage", "p");
                    break;
                default:
                    break;
            }

            if (chunk is not null)
            {
                chunk["id"] = BedrockHeaders.Id(call);
                yield return ChatShape.Chunk(chunk, call)!;
            }
        }

        if (!isComplete)
        {
            throw Events.CutShort();
        }
    }

    /// <summary>The object in an event of Bedrock's.</summary>
    /// <exception cref="ProviderStreamException">It is an exception; its name says the status.</exception>
    public static JsonObject Read(SseItem<string> item) =>
        item.EventType is "error" ? throw ConverseShape.Error(UpstreamError.FromEvent(Json.Parse(item.Data))).InStream() : Json.Parse(item.Data);

    private sealed class Block(int tool)
    {
        private readonly StringBuilder _thinking = new();
        private string? _signature;
        private string? _redacted;
        private bool _hasArguments;
        private bool _isThought;

        public JsonObject? Delta(JsonObject delta)
        {
            if (delta.Text("text") is { } text)
            {
                return ChatShape.NewChunk(new() { ["content"] = text });
            }

            if (delta.Object("toolUse")?.Text("input") is { Length: > 0 } input && tool >= 0)
            {
                _hasArguments = true;
                return ToolCalls.MoreArguments(input, tool);
            }

            if (delta.Take("citation") is { } citation)
            {
                return ChatShape.NewChunk(new() { ["citations"] = new JsonArray(citation) });
            }

            if (delta.Object("reasoningContent") is not { } thought)
            {
                // Images that a model makes, and what is not yet known.
                return delta.Count > 0 && !delta.ContainsKey("toolUse") ? ChatShape.NewChunk(new() { ["native_parts"] = new JsonArray(delta.DeepClone()) }) : null;
            }

            _isThought = true;
            _signature = thought.Text("signature") ?? _signature;
            _redacted = thought.Text("redactedContent") ?? _redacted;
            _thinking.Append(thought.Text("text"));
            return thought.Text("text") is { } words ? ChatShape.NewChunk(new() { ["reasoning_content"] = words }) : null;
        }

        public JsonObject? End()
        {
            if (tool >= 0)
            {
                // A tool without parameters streams no arguments at all, but clients parse what they gathered.
                return _hasArguments ? null : ToolCalls.MoreArguments("{}", tool);
            }

            return !_isThought ? null : ChatShape.NewChunk(new()
            {
                ["thinking_blocks"] = new JsonArray(_redacted is not null
                    ? new JsonObject { ["type"] = "redacted_thinking", ["data"] = _redacted }
                    : new JsonObject { ["type"] = "thinking", ["thinking"] = _thinking.ToString(), ["signature"] = _signature }),
            });
        }
    }
}

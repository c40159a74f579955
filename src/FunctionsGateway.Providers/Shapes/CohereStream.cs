using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The stream of Cohere's chat of the second version (spec/providers-own-shape.md §2.3), complete at <c>message-end</c>.
/// Events of unknown kinds are passed over.</summary>
internal static class CohereStream
{
    public static async IAsyncEnumerable<JsonObject> Read(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var (id, tools) = ((string?)null, -1);
        await foreach (var item in events.WithCancellation(cancel))
        {
            if (item.Data is "[DONE]")
            {
                break;
            }

            var json = Events.Read(item);
            UpstreamError.ThrowIfError(json);
            var delta = json.Object("delta");
            var message = delta?.Object("message");
            var chunk = (JsonObject?)null;
            switch (json.Text("type"))
            {
                case "message-start":
                    id = json.Text("id");
                    chunk = ChatShape.NewChunk(new() { ["role"] = "assistant", ["content"] = "" });
                    break;
                case "content-start" or "content-delta" when message?.Object("content") is { } content:
                    chunk = content.Text("text") is { Length: > 0 } text ? ChatShape.NewChunk(new() { ["content"] = text })
                        : content.Text("thinking") is { Length: > 0 } thought ? ChatShape.NewChunk(new() { ["reasoning_content"] = thought }) : null;
                    if (chunk is not null && json.Object("logprobs") is { } logprobs)
                    {
                        chunk["choices"]![0]!["logprobs"] = CohereShape.Logprobs([logprobs]);
                    }

                    break;
                case "tool-plan-delta" when message?.Text("tool_plan") is { } plan:
                    chunk = ChatShape.NewChunk(new() { ["tool_plan"] = plan });
                    break;
                case "tool-call-start" when message?.Object("tool_calls") is { } call_:
                    var function = call_.Object("function");
                    chunk = ToolCalls.Chunk(ToolCalls.New(call_.Text("id"), function?.Text("name"), function?.Text("arguments") ?? ""), ++tools);
                    break;
                case "tool-call-delta" when tools >= 0 && message?.Object("tool_calls")?.Object("function")?.Text("arguments") is { } more:
                    chunk = ToolCalls.MoreArguments(more, tools);
                    break;
                case "citation-start" when message?.Object("citations") is { } citation:
                    chunk = ChatShape.NewChunk(new() { ["citations"] = new JsonArray(citation.DeepClone()) });
                    break;
                case "message-end":
                    yield return Unified(End(delta ?? []));
                    yield return Unified(ChatShape.LastChunk(CohereShape.Tokens(delta?.Object("usage"), isUsage: true), delta, "finish_reason", "usage"));
                    yield break;
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
            return ChatShape.Chunk(chunk, call)!;
        }
    }

    private static JsonObject End(JsonObject delta)
    {
        if (delta.Text("error") is { } error)
        {
            throw new ProviderStreamException(error);
        }

        var reason = delta.Text("finish_reason");
        var chunk = ChatShape.NewChunk([], CohereShape.FinishReason(reason) ?? "stop");
        chunk["choices"]![0]!["native_finish_reason"] = reason;
        return chunk;
    }
}

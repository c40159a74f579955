using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Gemini's stream (spec/providers-own-shape.md §5.3): every event a whole answer's worth of the same shape, usage cumulative in each.
/// It is complete at its end when as many candidates as were asked for, and every one that began, have finished, or the prompt was blocked.</summary>
/// <remarks>Nothing in the stream says that it is over, and a candidate that was filtered away has its finish reason too (ai.google.dev, "GenerateContentResponse"):
/// so one that ends with fewer candidates than were asked for cannot be told from one that was cut between two of them, and is taken for cut,
/// unless a server that knows OpenAI's end marker sends it.</remarks>
internal static class GeminiStream
{
    public static async IAsyncEnumerable<JsonObject> Read(
        IAsyncEnumerable<SseItem<string>> events, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var (id, usage) = ((string?)null, new JsonObject());
        var ids = new GeminiParts.Identifiers();
        var (begun, finished, tools) = (new HashSet<long>(), new HashSet<long>(), new Dictionary<long, int>());
        var expected = call.Choices;
        await foreach (var item in events.WithCancellation(cancel))
        {
            if (item.Data is "[DONE]")
            {
                expected = 1;
                break;
            }

            var json = Events.Read(item);
            UpstreamError.ThrowIfError(json);
            id ??= json.Text("responseId");
            usage = json.Take("usageMetadata") as JsonObject ?? usage;
            var choices = new JsonArray();
            foreach (var candidate in Head.Objects(json.Array("candidates") ?? []))
            {
                var parts = new GeminiParts(candidate, choices.Count, ids);
                if (!parts.HasContent)
                {
                    continue;
                }

                var index = candidate.Whole("index") ?? choices.Count;
                tools[index] = Number(parts.Message, tools.GetValueOrDefault(index));
                var choice = parts.Choice("delta", parts.Message, tools[index] > 0);
                begun.Add(index);
                if (choice["finish_reason"] is not null)
                {
                    finished.Add(index);
                }

                choices.Add(choice);
            }

            if (choices.Count == 0 && GeminiShape.Blocked(json, "delta") is { } blocked)
            {
                expected = 1;
                begun.Add(0);
                finished.Add(0);
                choices.Add(blocked);
            }

            if (choices.Count > 0)
            {
                var chunk = new JsonObject { ["choices"] = choices };
                GeminiShape.Rest(json, chunk);
                yield return Unified(chunk);
            }
        }

        if (finished.Count < expected || !begun.IsSubsetOf(finished))
        {
            throw Events.CutShort();
        }

        if (usage.Count > 0)
        {
            yield return Unified(new() { ["choices"] = new JsonArray(), ["usage"] = GeminiShape.Tokens(usage) });
        }

        JsonObject Unified(JsonObject chunk)
        {
            chunk["id"] = id;
            return ChatShape.Chunk(chunk, call)!;
        }
    }

    // Calls come whole, in any number of chunks; clients tell them apart by a running index.
    private static int Number(JsonObject delta, int next)
    {
        foreach (var tool in delta.Array("tool_calls")?.OfType<JsonObject>() ?? [])
        {
            tool.Insert(0, "index", next++);
        }

        return next;
    }
}

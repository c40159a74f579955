using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>Reading a provider's events.</summary>
internal static class Events
{
    /// <summary>What is wrong with a stream that ends before the provider has said that the answer is complete.</summary>
    public static MalformedAnswerException CutShort() => new("The provider's stream ended before its answer was complete.");

    /// <summary>The object in an event.</summary>
    /// <exception cref="ProviderStreamException">The event is an error.</exception>
    public static JsonObject Read(SseItem<string> item)
    {
        var json = Json.Parse(item.Data);
        if (item.EventType is "error")
        {
            throw UpstreamError.FromEvent(json).InStream();
        }

        return json;
    }

    /// <summary>Translates the chunks of a stream of OpenAI's shape, which is complete at <c>[DONE]</c>, or at its end
    /// when as many choices as were asked for, and every one that began, have a finish reason (spec/providers-openai-family.md §1.3).</summary>
    /// <param name="events">The provider's events.</param>
    /// <param name="unified">The unified chunk for a chunk; null when it holds nothing for a caller.</param>
    /// <param name="choices">How many choices were asked for.</param>
    /// <param name="cancel">Set by the consumer.</param>
    public static async IAsyncEnumerable<JsonObject> UntilDone(
        IAsyncEnumerable<SseItem<string>> events, Func<JsonObject, JsonObject?> unified, int choices, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var (begun, finished, isDone) = (new HashSet<long>(), new HashSet<long>(), false);
        await foreach (var item in events.WithCancellation(cancel))
        {
            if (item.Data is "[DONE]")
            {
                isDone = true;
                break;
            }

            if (unified(Read(item)) is not { } chunk)
            {
                continue;
            }

            foreach (var choice in chunk.Array("choices")!.OfType<JsonObject>())
            {
                var index = choice.Whole("index") ?? 0;
                begun.Add(index);
                if (choice["finish_reason"] is not null)
                {
                    finished.Add(index);
                }
            }

            yield return chunk;
        }

        if (begun.Count == 0 || !(isDone || (finished.Count >= choices && begun.IsSubsetOf(finished))))
        {
            throw CutShort();
        }
    }
}

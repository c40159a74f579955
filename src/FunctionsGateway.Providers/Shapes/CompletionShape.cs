using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The unified text completion and its chunks (spec/mlflow-gen12.md §5.5, §5.6),
/// given in place to a completion or to a chat answer of OpenAI's shape.</summary>
internal static class CompletionShape
{
    /// <summary>What holds for a completions request to any provider's completions API: the cap has its older name alone, which is the only one that such APIs know.</summary>
    public static JsonObject Request(JsonObject request)
    {
        request.DropNulls().Rename("max_completion_tokens", "max_tokens");
        return request;
    }

    /// <summary>Makes the prompt one user message, for the many models that have only a chat API (spec/providers-openai-family.md §2).</summary>
    public static JsonObject AsChat(JsonObject request)
    {
        // Of completions it is the number of alternatives, of chat whether there are any.
        if (request.Whole("logprobs") is { } alternatives)
        {
            request["logprobs"] = true;
            request.TryAdd("top_logprobs", alternatives);
        }

        request["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = request.Take("prompt") });
        return request;
    }

    /// <summary>Gives <paramref name="answer"/> the unified shape.</summary>
    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        var index = 0;
        foreach (var choice in Head.Choices(answer))
        {
            if (choice["text"] is null && choice["message"] is not JsonObject)
            {
                throw new MalformedAnswerException("The provider's answer has a choice without 'text' and without a 'message'.");
            }

            choice.Fill("index", index++);
            Lift(choice, "message", isWhole: true);
            choice.Ensure("finish_reason");
        }

        Head.Ensure(answer, call, "text_completion", "cmpl-");
        Usage.Ensure(answer);
        return answer;
    }

    /// <summary>Gives <paramref name="chunk"/> the unified shape; null when it holds nothing for a caller.</summary>
    public static JsonObject? Chunk(JsonObject chunk, ProviderCall call)
    {
        var choices = Head.ChunkChoices(chunk);
        if (choices.Count == 0 && chunk["usage"] is not JsonObject)
        {
            return null;
        }

        foreach (var choice in Head.Objects(choices))
        {
            UpstreamError.ThrowIfFailed(choice);
            choice.Fill("index", 0);
            choice.Ensure("finish_reason");
            Lift(choice, "delta", isWhole: false);
        }

        Head.Ensure(chunk, call, "text_completion_chunk", "cmpl-");
        return chunk;
    }

    /// <summary>The stream of a chat as chunks of a text completion.</summary>
    public static async IAsyncEnumerable<JsonObject> Stream(
        IAsyncEnumerable<JsonObject> chunks, ProviderCall call, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var chunk in chunks.WithCancellation(cancel))
        {
            if (Chunk(chunk, call) is { } text)
            {
                yield return text;
            }
        }
    }

    /// <summary>A chunk of one choice, for a provider whose own shape is another.</summary>
    public static JsonObject NewChunk(string? text, string? finishReason = null, long index = 0) => new()
    {
        ["choices"] = new JsonArray(new JsonObject { ["index"] = index, ["text"] = text, ["finish_reason"] = finishReason }),
    };

    /// <summary>An answer of the texts that a provider of another shape gave; it has no id, as MLflow's has none.</summary>
    public static JsonObject NewAnswer(ProviderCall call, IEnumerable<string> texts, string? finishReason = null)
    {
        var choices = texts.Select(text => (JsonNode)new JsonObject { ["text"] = text, ["finish_reason"] = finishReason });
        var answer = Answer(new() { ["choices"] = new JsonArray([.. choices]) }, call);
        answer["id"] = null;
        return answer;
    }

    // 'text' where the provider speaks completions, the content of 'message' or 'delta' where it speaks chat; the rest (reasoning, refusal) stays beside it.
    private static void Lift(JsonObject choice, string member, bool isWhole)
    {
        if (choice.Take(member) is JsonObject message)
        {
            Logprobs(choice.Object("logprobs"), isWhole);
            choice.Fill("text", Head.Text(message.Take("content")));
            message.Drop("role", "tool_calls");
            message.MoveTo(choice);
        }

        choice.Fill("text", "");
    }

    // Completions list tokens and their probabilities side by side, a chat one by one; the chat's own form stays. Where a token begins is not known of a piece.
    private static void Logprobs(JsonObject? logprobs, bool isWhole)
    {
        if (logprobs?.Array("content") is not { } content || logprobs.ContainsKey("tokens"))
        {
            return;
        }

        var (tokens, numbers, alternatives, offsets, offset) = (new JsonArray(), new JsonArray(), new JsonArray(), new JsonArray(), 0);
        foreach (var token in content.OfType<JsonObject>())
        {
            var text = token.Text("token") ?? "";
            var others = new JsonObject();
            foreach (var other in token.Array("top_logprobs")?.OfType<JsonObject>() ?? [])
            {
                others[other.Text("token") ?? ""] = other["logprob"]?.DeepClone();
            }

            tokens.Add(text);
            numbers.Add(token["logprob"]?.DeepClone());
            alternatives.Add(others);
            offsets.Add(offset);
            offset += text.Length;
        }

        logprobs["tokens"] = tokens;
        logprobs["token_logprobs"] = numbers;
        logprobs["top_logprobs"] = alternatives;
        if (isWhole)
        {
            logprobs["text_offset"] = offsets;
        }
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>TogetherAI (spec/providers-openai-family.md §7). Completions have an API of their own, with MLflow's rules.</summary>
public static class TogetherAI
{
    private static readonly OpenAIDialect Dialect = new() { CompletesByChat = static _ => false, Request = Logprobs, Answer = Answer };

    /// <summary>The provider <c>togetherai</c>; <c>together_ai</c> is the third generation's catalogue name.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("togetherai", "TogetherAI", "https://api.together.xyz/v1", Dialect) with
    {
        Aliases = ["together-ai"],
        Completions = Dialect.Completions with { Request = Completion },
        OwnHosts = ["api.together.xyz", "api.together.ai"],
        Native = Dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIEmbeddings),
    };

    private static JsonObject Completion(JsonObject request, ProviderCall call)
    {
        if (CompletionShape.Request(request)["max_tokens"] is null)
        {
            throw new TranslationException("max_tokens is not present in payload.It is a required parameter for TogetherAI completions.");
        }

        return Dialect.Completions.Request(request, call);
    }

    // Together's 'logprobs' is the number that OpenAI calls 'top_logprobs'.
    private static void Logprobs(JsonObject request, ProviderCall call)
    {
        if (request["top_logprobs"] is not null && request.Whole("top_logprobs") is null)
        {
            throw new TranslationException("Wrong type for top_logprobs. It should a 32bit integer.");
        }

        if (request["logprobs"] is not null && request.Whole("logprobs") is null && request.Flag("logprobs") is null)
        {
            throw new TranslationException("Wrong type for logprobs. It should be an 32bit integer.");
        }

        if (request.Take("top_logprobs") is { } top)
        {
            request["logprobs"] = top;
        }
        else if (request.Flag("logprobs") is { } wanted)
        {
            request["logprobs"] = wanted ? 1 : 0;
        }
    }

    private static void Answer(JsonObject answer)
    {
        Usage.Tell(answer, "cached_tokens", "prompt_tokens_details", "cached_tokens");
        foreach (var choice in answer.Array("choices")?.OfType<JsonObject>() ?? [])
        {
            if (choice.Text("finish_reason") is "eos")
            {
                choice["finish_reason"] = "stop";
            }

            // Older chat chunks carry the text beside the delta.
            if (answer.Text("object") is "chat.completion.chunk" && choice.Take("text") is { } text)
            {
                choice.Within("delta").Fill("content", text);
            }
        }
    }
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The <c>usage</c> member of unified answers (spec/mlflow-gen12.md §5.5): three counts, null when the provider tells none.</summary>
internal static class Usage
{
    /// <summary>Gives <paramref name="answer"/> the three counts, keeping every member that the provider reported.</summary>
    public static void Ensure(JsonObject answer)
    {
        var usage = answer.Within("usage");
        usage.Ensure("prompt_tokens");
        usage.Ensure("completion_tokens");
        usage.Fill("total_tokens", usage.Whole("prompt_tokens") + usage.Whole("completion_tokens"));
    }

    /// <summary>Tells a count that the provider reports under a name of its own where OpenAI reports it; the provider's own member stays.</summary>
    public static void Tell(JsonObject answer, string own, string details, string name)
    {
        if (answer.Object("usage") is { } usage && usage.Whole(own) is { } count)
        {
            usage.Within(details).Ensure(name, count);
        }
    }

    public static JsonObject Of(long? prompt, long? completion) => new()
    {
        ["prompt_tokens"] = prompt,
        ["completion_tokens"] = completion,
        ["total_tokens"] = prompt + completion,
    };
}

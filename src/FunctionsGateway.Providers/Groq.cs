using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>Groq (spec/providers-openai-family.md §4). It has no embeddings models.</summary>
public static class Groq
{
    private static readonly OpenAIDialect Dialect = new()
    {
        Answer = Usage,
        TakesBack = static _ => ["reasoning"],
        Refuses = ["refusal", "name", "audio"],
    };

    /// <summary>The provider <c>groq</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("groq", "Groq", "https://api.groq.com/openai/v1", Dialect) with
    {
        Embeddings = null,
        Native = Dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIResponses),
    };

    // A stream tells its usage in a member of Groq's own when the standard one was not asked for.
    private static void Usage(JsonObject answer)
    {
        if (answer["usage"] is null && answer.Object("x_groq")?.Take("usage") is { } usage)
        {
            answer["usage"] = usage;
        }
    }
}

namespace FunctionsGateway.Providers;

/// <summary>Fireworks (spec/providers-openai-family.md §8). Completions have an API of their own.</summary>
public static class Fireworks
{
    private static readonly OpenAIDialect Dialect = new() { CompletesByChat = static _ => false, TakesBack = static _ => ["reasoning_content"] };

    /// <summary>The provider <c>fireworks</c>; <c>fireworks_ai</c> is MLflow's catalogue name.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("fireworks", "Fireworks", "https://api.fireworks.ai/inference/v1", Dialect) with
    {
        Aliases = ["fireworks-ai"],
        Native = Dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAICompletions, NativeApi.OpenAIEmbeddings),
    };
}

namespace FunctionsGateway.Providers;

/// <summary>Ollama's OpenAI surface (spec/providers-openai-family.md §4). A key is sent only when one is configured.</summary>
public static class Ollama
{
    private static readonly OpenAIDialect Dialect = new() { TakesBack = static _ => ["reasoning"] };

    /// <summary>The provider <c>ollama</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("ollama", "Ollama", "http://localhost:11434/v1", Dialect, keyIsRequired: false) with
    {
        Native = Dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIEmbeddings, NativeApi.OpenAIResponses),
    };
}

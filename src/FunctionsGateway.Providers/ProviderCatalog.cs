namespace FunctionsGateway.Providers;

/// <summary>Every provider that the gateway speaks, in alphabetical order.</summary>
public static class ProviderCatalog
{
    /// <summary>The providers.</summary>
    public static IReadOnlyList<Provider> All { get; } =
    [
        AI21Labs.Provider,
        Anthropic.Provider,
        AzureOpenAI.Azure,
        AzureOpenAI.AzureAD,
        Bedrock.Provider,
        Cohere.Provider,
        Databricks.Provider,
        DeepSeek.Provider,
        Fireworks.Provider,
        Gemini.Provider,
        Groq.Provider,
        HuggingFaceTgi.Provider,
        Mistral.Provider,
        MlflowModelServing.Provider,
        MosaicML.Provider,
        Ollama.Provider,
        OpenAI.Provider,
        OpenAICompatible.Provider,
        OpenRouter.Provider,
        PaLM.Provider,
        Perplexity.Provider,
        Portkey.Provider,
        TogetherAI.Provider,
        VertexAI.Provider,
        XAI.Provider,
    ];

    /// <summary>The provider that <paramref name="name"/> means (letter case and <c>-</c>/<c>_</c> do not matter, aliases count), or null.</summary>
    public static Provider? Find(string name) => ByName.GetValueOrDefault(Normal(name));

    private static Dictionary<string, Provider> ByName { get; } =
        All.SelectMany(p => p.Aliases.Append(p.Name).Select(n => (Name: Normal(n), Provider: p))).ToDictionary(p => p.Name, p => p.Provider);

    private static string Normal(string name) => name.Replace('_', '-').ToLowerInvariant();
}

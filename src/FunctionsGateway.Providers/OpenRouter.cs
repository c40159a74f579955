namespace FunctionsGateway.Providers;

/// <summary>OpenRouter (spec/providers-openai-family.md §4). Models are named <c>vendor/model</c>; failures may come with status 200.</summary>
public static class OpenRouter
{
    private const string Referer = "openrouter_referer", Title = "openrouter_title";

    // Reasoning is kept over the turns so, and files are not read again (openrouter.ai/docs, "Reasoning Tokens", "PDF Inputs").
    private static readonly OpenAIDialect Dialect = new() { TakesBack = static _ => ["reasoning", "reasoning_content", "reasoning_details", "annotations"] };

    /// <summary>The provider <c>openrouter</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create(
        "openrouter", "OpenRouter", "https://openrouter.ai/api/v1", Dialect, true,
        new ConfigField(Referer, "The address of your application, sent as 'HTTP-Referer'."),
        new ConfigField(Title, "The name of your application, sent as 'X-Title'.")) with
    {
        Headers = call => new (string Name, string? Value)[] { ("HTTP-Referer", call.Text(Referer)), ("X-Title", call.Text(Title)) }
            .Where(header => header.Value is not null)
            .ToDictionary(header => header.Name, header => header.Value!),
    };
}

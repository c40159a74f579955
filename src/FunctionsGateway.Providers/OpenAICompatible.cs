namespace FunctionsGateway.Providers;

/// <summary>The family of providers that speak OpenAI's API at another address (spec/providers-openai-family.md §4).</summary>
public static class OpenAICompatible
{
    // The servers that answer with thoughts (vLLM, SGLang, llama.cpp) put those of earlier turns into the prompt, and pass over what they do not know.
    private static readonly OpenAIDialect Dialect = new() { TakesBack = static _ => ["reasoning_content", "reasoning"] };

    /// <summary>Any server that speaks OpenAI's API, at a configured base address; the key is optional.</summary>
    public static Provider Provider { get; } = Create("openai-compatible", "OpenAI-compatible", null, Dialect, keyIsRequired: false) with
    {
        Aliases = ["openai-like", "hosted-vllm", "lm-studio"],
    };

    /// <summary>A member of the family: config fields <c>{name}_api_key</c> and
    /// <c>{name}_api_base</c> (also <c>api_key</c> and <c>api_base</c>, MLflow's own),
    /// a bearer key, chat, completions (by chat unless the dialect says otherwise), embeddings, and OpenAI's own chat and embeddings APIs.</summary>
    internal static Provider Create(string name, string displayName, string? baseAddress, OpenAIDialect? dialect = null, bool keyIsRequired = true, params ConfigField[] more)
    {
        var prefix = name.Replace('-', '_');
        var (key, address) = ($"{prefix}_api_key", $"{prefix}_api_base");
        dialect ??= new();
        return new()
        {
            Name = name,
            DisplayName = displayName,
            Config = new([
                Field.Key(key, $"The {displayName} API key.") with { IsRequired = keyIsRequired },
                Field.BaseAddress(address, baseAddress),
                .. more,
            ]),
            BaseAddress = call => (call.Text(address) ?? baseAddress ?? "").TrimEnd('/'),
            Credential = call => keyIsRequired || call.Config[key] is not null ? new Credential.Bearer(key) : new Credential.None(),
            OwnHosts = baseAddress is null ? [] : [new Uri(baseAddress).Host],
            Chat = dialect.Chat,
            Completions = dialect.Completions,
            Embeddings = dialect.Embeddings,
            Native = dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIEmbeddings),
        };
    }
}

/// <summary>The fields that most configurations have.</summary>
internal static class Field
{
    public static ConfigField Key(string name, string meaning) => new(name, meaning) { IsRequired = true, IsSecret = true, Aliases = ["api_key"] };

    public static ConfigField BaseAddress(string name, string? @default) =>
        new(name, "The base address, with its version segment.") { IsRequired = @default is null, IsBaseAddress = true, Default = @default, Aliases = ["api_base"] };
}

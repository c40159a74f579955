namespace FunctionsGateway.Providers;

/// <summary>A provider as a value: what it is called, how it is configured and signed, and a pure translation per operation.</summary>
/// <remarks>An operation that is <see langword="null"/> is not offered; the gateway answers 501 as MLflow does.</remarks>
public sealed record Provider
{
    /// <summary>The name in a route's <c>model.provider</c>, lower case with hyphens, e.g. <c>openai</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name in sentences, as MLflow writes it in its 501 texts, e.g. <c>Hugging Face Text Generation Inference</c>.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Other names that mean this provider, e.g. <c>amazon-bedrock</c> for <c>bedrock</c>.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The ways in which MLflow's user interface lets it be authenticated, the default first; empty where one key is all.</summary>
    public IReadOnlyList<AuthMode> AuthModes { get; init; } = [];

    /// <summary>The fields of <c>model.config</c>.</summary>
    public required ConfigSchema Config { get; init; }

    /// <summary>The base address of a call, without a trailing slash; an operation's path is appended to it.</summary>
    public required Func<ProviderCall, string> BaseAddress { get; init; }

    /// <summary>How a call is signed: names a field, never holds a key.</summary>
    public required Func<ProviderCall, Credential> Credential { get; init; }

    /// <summary>Constant headers of the provider, e.g. <c>anthropic-version</c>.</summary>
    public Func<ProviderCall, IReadOnlyDictionary<string, string>>? Headers { get; init; }

    /// <summary>Hosts that belong to the provider: exact names, or suffixes when they begin with a dot (<c>.openai.azure.com</c>) or a hyphen.
    /// A secret that is admitted by its name alone is attached to no other host (spec/decisions.md §4).</summary>
    public IReadOnlyList<string> OwnHosts { get; init; } = [];

    /// <summary>Whether <paramref name="host"/> is one of <see cref="OwnHosts"/>.</summary>
    public bool Owns(string host) => IsAmong(OwnHosts, host);

    /// <summary>Whether <paramref name="host"/> is one of <paramref name="hosts"/>, which are written as <see cref="OwnHosts"/> are.</summary>
    public static bool IsAmong(IReadOnlyList<string> hosts, string host) => hosts.Any(own =>
        own[0] is '.' or '-' ? host.EndsWith(own, StringComparison.OrdinalIgnoreCase) : host.Equals(own, StringComparison.OrdinalIgnoreCase));

    /// <summary>What is wrong with a model's name for a route of a type (<c>llm/v1/chat</c>, …; null when it is not known): a sentence, or null.</summary>
    public Func<string?, string?, string?>? ModelFault { get; init; }

    /// <summary>The header in which the provider names the kind of an error (Bedrock); null when its body does.</summary>
    public string? ErrorTypeHeader { get; init; }

    /// <summary>What an error amounts to, where the provider's statuses do not say it.</summary>
    public Func<UpstreamError, UpstreamError>? Error { get; init; }

    /// <summary>How many of today's temperature (0 to 2) MLflow's first generation meant by one of its own (0 to 1): 2, or 1 where it sent what it was given
    /// and what is given today is sent too.</summary>
    public double FirstTemperature { get; init; } = 2;

    /// <summary>Chat (<c>llm/v1/chat</c>).</summary>
    public Operation? Chat { get; init; }

    /// <summary>Text completions (<c>llm/v1/completions</c>).</summary>
    public Operation? Completions { get; init; }

    /// <summary>Embeddings (<c>llm/v1/embeddings</c>).</summary>
    public Operation? Embeddings { get; init; }

    /// <summary>The native APIs that the provider serves byte for byte, and where.</summary>
    public IReadOnlyDictionary<NativeApi, NativeOperation> Native { get; init; } = new Dictionary<NativeApi, NativeOperation>();
}

namespace FunctionsGateway.Routes;

/// <summary>What a route does; on the wire <c>llm/v1/chat</c>, <c>llm/v1/completions</c>, <c>llm/v1/embeddings</c>.</summary>
internal enum RouteType
{
    /// <summary><c>llm/v1/chat</c>.</summary>
    Chat,

    /// <summary><c>llm/v1/completions</c>.</summary>
    Completions,

    /// <summary><c>llm/v1/embeddings</c>.</summary>
    Embeddings,
}

/// <summary>The wire form of <see cref="RouteType"/>.</summary>
internal static class RouteTypes
{
    /// <summary>The wire form, e.g. <c>llm/v1/chat</c>.</summary>
    public static string ToWire(this RouteType type) => type switch
    {
        RouteType.Chat => "llm/v1/chat",
        RouteType.Completions => "llm/v1/completions",
        _ => "llm/v1/embeddings",
    };

    /// <summary>The word in MLflow's sentences: <c>chat</c>, <c>completions</c>, <c>embeddings</c>.</summary>
    public static string ToWord(this RouteType type) => type switch
    {
        RouteType.Chat => "chat",
        RouteType.Completions => "completions",
        _ => "embeddings",
    };

    /// <summary>The type that <paramref name="wire"/> names, or null.</summary>
    public static RouteType? Parse(string? wire) => wire switch
    {
        "llm/v1/chat" => RouteType.Chat,
        "llm/v1/completions" => RouteType.Completions,
        "llm/v1/embeddings" => RouteType.Embeddings,
        _ => null,
    };
}

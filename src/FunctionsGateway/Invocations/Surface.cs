using FunctionsGateway.Providers;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations;

/// <summary>One of the ways in which a call can be put: which route, which operation, and in what shape it is answered (spec/decisions.md D1–D4).</summary>
internal sealed record Surface
{
    /// <summary><c>POST /gateway/{name}/invocations</c>: the route's type decides; answers as the first or the second generation did.</summary>
    public static Surface GatewayInvocations { get; } = new() { AllowsFirstGeneration = true };

    /// <summary><c>POST /endpoints/{name}/invocations</c>: always the second generation's answers.</summary>
    public static Surface EndpointInvocations { get; } = new();

    /// <summary><c>POST /gateway/routes/{name}</c>: always the first generation's answers.</summary>
    public static Surface FirstRoutes { get; } = new() { AllowsFirstGeneration = true, IsFirstGeneration = true };

    /// <summary><c>POST /v1/chat/completions</c>.</summary>
    public static Surface OpenAIChat { get; } = OpenAI(RouteType.Chat, NativeApi.OpenAIChat);

    /// <summary><c>POST /v1/completions</c>.</summary>
    public static Surface OpenAICompletions { get; } = OpenAI(RouteType.Completions, NativeApi.OpenAICompletions);

    /// <summary><c>POST /v1/embeddings</c>.</summary>
    public static Surface OpenAIEmbeddings { get; } = OpenAI(RouteType.Embeddings, NativeApi.OpenAIEmbeddings);

    /// <summary>The operation that the path names; null when the route, or the body, decides.</summary>
    public RouteType? Type { get; private init; }

    /// <summary>The native API whose words the surface speaks: a target that speaks it too gets the client's bytes, and the client its.</summary>
    public NativeApi? Speaks { get; private init; }

    /// <summary>Whether the body's <c>model</c> names the route; otherwise the path does, and <c>model</c> in the body is refused.</summary>
    public bool ModelNamesRoute { get; private init; }

    /// <summary>Whether a complete stream ends with <c>data: [DONE]</c>.</summary>
    public bool EndsWithDone { get; private init; }

    /// <summary>Whether the first generation's shape may be asked for.</summary>
    public bool AllowsFirstGeneration { get; private init; }

    /// <summary>Whether answers always have the first generation's shape.</summary>
    public bool IsFirstGeneration { get; private init; }

    private static Surface OpenAI(RouteType type, NativeApi api) => new() { Type = type, Speaks = api, ModelNamesRoute = true, EndsWithDone = true };
}

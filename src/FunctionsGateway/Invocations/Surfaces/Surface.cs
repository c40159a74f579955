using FunctionsGateway.Providers;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations.Surfaces;

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

    /// <summary><c>POST /gateway/{name}/mlflow/invocations</c>: the body decides.</summary>
    public static Surface MlflowInvocations { get; } = new() { IsThirdGeneration = true };

    /// <summary>This surface below <c>/gateway/mlflow/v1</c>: a route of any type serves it.</summary>
    public Surface OfThirdGeneration() => this with { IsThirdGeneration = true };

    /// <summary>This surface as Azure OpenAI's clients put it: the path names the route, and a body may name a model besides.</summary>
    public Surface OfDeployments() => this with { ModelNamesRoute = false, AllowsModel = true };

    /// <summary>A native API's own surface: bytes are forwarded, and only to targets that speak it.</summary>
    /// <param name="api">The API.</param>
    /// <param name="streams">Whether answers are streams; null when the body's <c>stream</c> says it.</param>
    /// <param name="modelNamesRoute">Whether the body's <c>model</c> names the route.</param>
    public static Surface Native(NativeApi api, bool? streams = false, bool modelNamesRoute = true) =>
        new() { Speaks = api, IsPassthrough = true, IsThirdGeneration = true, Streams = streams, ModelNamesRoute = modelNamesRoute, AllowsModel = true };

    /// <summary><c>POST /gateway/proxy/{name}/…</c>: any path of the target's provider, where the route allows it.</summary>
    public static Surface Proxy { get; } = new() { IsPassthrough = true, IsThirdGeneration = true, AllowsModel = true };

    /// <summary>The operation that the path names; null when the route, or the body, decides.</summary>
    public RouteType? Type { get; private init; }

    /// <summary>The native API whose words the surface speaks: a target that speaks it too gets the client's bytes, and the client its.</summary>
    public NativeApi? Speaks { get; private init; }

    /// <summary>Whether the body's <c>model</c> names the route; otherwise the path does, and <c>model</c> in the body is refused.</summary>
    public bool ModelNamesRoute { get; private init; }

    /// <summary>Whether a body may hold a <c>model</c> although the path names the route.</summary>
    public bool AllowsModel { get; private init; }

    /// <summary>Whether only targets that speak <see cref="Speaks"/> (for the proxy: all) serve the surface, and the body is not checked.</summary>
    public bool IsPassthrough { get; private init; }

    /// <summary>Whether the client names the provider's path itself.</summary>
    public bool IsProxy => IsPassthrough && Speaks is null;

    /// <summary>Whether the answers of a passthrough are streams; null when the body says it.</summary>
    public bool? Streams { get; private init; }

    /// <summary>Whether it is one of the third generation's: routes have no type there, and a fault is 400 in its words.</summary>
    public bool IsThirdGeneration { get; private init; }

    /// <summary>Whether a complete stream ends with <c>data: [DONE]</c>.</summary>
    public bool EndsWithDone { get; private init; }

    /// <summary>Whether the first generation's shape may be asked for.</summary>
    public bool AllowsFirstGeneration { get; private init; }

    /// <summary>Whether answers always have the first generation's shape.</summary>
    public bool IsFirstGeneration { get; private init; }

    private static Surface OpenAI(RouteType type, NativeApi api) => new() { Type = type, Speaks = api, ModelNamesRoute = true, EndsWithDone = true };
}

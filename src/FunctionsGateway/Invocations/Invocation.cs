using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations;

/// <summary>One call, understood: which operation, in which shape, with what facts.</summary>
/// <param name="Surface">The way in which it was put.</param>
/// <param name="Route">The route that it goes to.</param>
/// <param name="Type">The operation.</param>
/// <param name="Body">The client's body.</param>
/// <param name="Facts">What the gateway knows of the body.</param>
/// <param name="IsFirstGeneration">Whether it is answered in the first generation's shape.</param>
internal sealed record Invocation(Surface Surface, GatewayRoute Route, RouteType Type, JsonElement Body, RequestFacts Facts, bool IsFirstGeneration)
{
    /// <summary>Understands <paramref name="body"/> as a call of <paramref name="route"/>.</summary>
    /// <param name="surface">The way in which it was put.</param>
    /// <param name="route">The route that it goes to.</param>
    /// <param name="body">The client's body.</param>
    /// <param name="answerShape">The shape that the gateway's settings name; null when they leave it to the client.</param>
    /// <param name="userAgent">The client's own name, by which MLflow's clients tell their version.</param>
    /// <exception cref="GatewayException">400 or 422: it is not one.</exception>
    public static Invocation Of(Surface surface, GatewayRoute route, JsonElement body, string? answerShape, string? userAgent)
    {
        if (surface.IsProxy && route.Options.AllowProxy != true)
        {
            throw new GatewayException(403, $"Endpoint '{route.Name}' allows no proxy calls. Set \"gateway_options\": {{\"allow_proxy\": true}} on it.");
        }

        if (surface.IsPassthrough)
        {
            return new Invocation(surface, route, surface.Type ?? RouteType.Chat, body, NativeFacts.Of(surface, body), IsFirstGeneration: false);
        }

        var restricted = surface.IsThirdGeneration ? null : route.Type;
        if (surface.Type is { } asked && restricted is { } served && asked != served)
        {
            throw new GatewayException(400, $"Endpoint '{route.Name}' is not {(asked == RouteType.Chat ? "a chat" : asked == RouteType.Completions ? "a completions" : "an embeddings")} endpoint.") { Param = "model" };
        }

        var isFirst = surface.IsFirstGeneration
            || (surface.AllowsFirstGeneration && (FirstGeneration.IsMeantBy(body)
                || ((route.Options.AnswerShape ?? answerShape) is { } shape ? shape == "candidates" : FirstGeneration.IsSpokenBy(userAgent, body))));
        var type = surface.Type ?? restricted ?? TypeOf(body);
        var facts = Check(surface, body, type, isFirst);
        if (!surface.ModelNamesRoute && !surface.AllowsModel && body.TryGetProperty("model"u8, out var model) && model.ValueKind != JsonValueKind.Null)
        {
            throw new GatewayException(422, "The parameter 'model' is not permitted to be passed. The route being queried already defines a model instance.");
        }

        return new Invocation(surface, route, type, body, facts, isFirst);
    }

    private static RequestFacts Check(Surface surface, JsonElement body, RouteType type, bool isFirstGeneration)
    {
        try
        {
            return RequestSchema.Check(body, type, isFirstGeneration);
        }
        catch (GatewayException refusal) when (surface.IsThirdGeneration)
        {
            throw ThirdGeneration.Refusal(refusal, type.ToWord());
        }
    }

    /// <summary>Whether <paramref name="target"/> serves this call.</summary>
    public bool IsServedBy(TargetBinding target) => Surface.IsPassthrough
        ? Surface.Speaks is not { } api || (target.Provider.Native.TryGetValue(api, out var native) && native.IsOffered(target.Call(Facts.IsStream)))
        : IsOffered(target.Provider);

    /// <summary>The provider's operation for this call, and that it can stream if a stream was asked for.</summary>
    /// <exception cref="GatewayException">501 in MLflow's words.</exception>
    public Operation OperationOf(Provider provider) => IsOffered(provider) ? Find(provider)! : throw Refusal(provider);

    /// <summary>501 in MLflow's words.</summary>
    public GatewayException Refusal(Provider provider) => new(501,
        $"The {Type.ToWord()}{(Find(provider) is not null ? " streaming" : "")} route is not implemented for {provider.DisplayName} models.");

    /// <summary>The unified request, for a translation to change in place.</summary>
    public JsonObject Request(bool sendDefaults)
    {
        var request = new JsonObject();
        foreach (var member in Body.EnumerateObject())
        {
            // Nulls are not sent, as MLflow does.
            if (member.Value.ValueKind != JsonValueKind.Null && !member.NameEquals("model"u8))
            {
                request[member.Name] = Facts.Coerced is { } coerced && coerced.TryGetValue(member.Name, out var value) ? value?.DeepClone() : Node(member.Value);
            }
        }

        if (IsFirstGeneration)
        {
            FirstGeneration.Modernize(request, Type, Facts.IsStream);
        }

        if (sendDefaults && Type != RouteType.Embeddings)
        {
            request.TryAdd("temperature", 0.0);
            request.TryAdd("n", 1);
        }

        return request;
    }

    private bool IsOffered(Provider provider) => Find(provider) is { } operation && (!Facts.IsStream || operation.Stream is not null);

    private Operation? Find(Provider provider) => Type switch
    {
        RouteType.Chat => provider.Chat,
        RouteType.Completions => provider.Completions,
        _ => provider.Embeddings,
    };

    private static JsonNode? Node(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        _ => JsonValue.Create(value),
    };

    private static RouteType TypeOf(JsonElement body) =>
        body.TryGetProperty("messages"u8, out _) ? RouteType.Chat
        : body.TryGetProperty("prompt"u8, out _) ? RouteType.Completions
        : body.TryGetProperty("input"u8, out _) || FirstGeneration.IsMeantBy(body) ? RouteType.Embeddings
        : throw new GatewayException(400, "Invalid request: payload format must be either chat or embeddings");
}

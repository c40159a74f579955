using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Routes.Validation;

/// <summary>What a body, or an entry of a file, asks for: a route with one model.</summary>
internal sealed record RouteDraft(string Name, RouteType Type, Provider Provider, string? Model, JsonObject Config)
{
    /// <summary>The call limits; null when the body says nothing of them.</summary>
    public IReadOnlyList<Limit>? Limits { get; init; }

    /// <summary>The token limits; null when the body says nothing of them.</summary>
    public IReadOnlyList<TokenLimit>? TokenLimits { get; init; }

    /// <summary>The gateway's own options.</summary>
    public RouteOptionSet Options { get; init; } = RouteOptionSet.Default;

    /// <summary>Whether the operator's configuration file says it.</summary>
    public bool IsOperators { get; init; }

    /// <summary>A new route.</summary>
    public GatewayRoute ToRoute(DateTimeOffset now) => new()
    {
        Name = Name,
        Id = $"e-{GatewayIds.New()}",
        Type = Type,
        Targets = [ToTarget($"m-{GatewayIds.New()}", stored: null)],
        Limits = Limits ?? [],
        TokenLimits = TokenLimits ?? [],
        Options = Options,
        Created = now,
        Updated = now,
    };

    /// <summary>What replaces <paramref name="stored"/>: its identifiers stay, and its limits where the draft names none.</summary>
    public GatewayRoute Over(GatewayRoute stored, DateTimeOffset now) => stored with
    {
        Type = Type,
        Targets = [ToTarget(stored.Targets[0].Id, stored.Targets[0])],
        Limits = Limits ?? stored.Limits,
        TokenLimits = TokenLimits ?? stored.TokenLimits,
        Options = Options,
        Updated = now,
    };

    // What other endpoints share is theirs too: a change of this one gets a definition of its own, and keeps its share in a key that it keeps.
    private Target ToTarget(string id, Target? stored) => new()
    {
        Id = id,
        DefinitionId = stored is { IsShared: false } ? stored.DefinitionId : $"d-{GatewayIds.New()}",
        SecretId = ProviderSecrets.HasAny(Provider.Config.Fields, Config) ? (stored is { IsShared: false } ? stored.SecretId : null) ?? $"s-{GatewayIds.New()}" : null,
        Provider = Provider.Name,
        Model = Model,
        Config = Config,
        IsOperators = IsOperators,
        OwnSecrets = [.. (stored?.OwnSecrets ?? []).Where(name => ProviderSecrets.All(Provider.Config.Fields, Config).Contains(SecretReference.ToOwn(name)))],
    };
}

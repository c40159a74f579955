using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes.Management;

namespace FunctionsGateway.Routes;

/// <summary>A route, which is also an endpoint: one row whichever generation's words created it (spec/decisions.md §2).</summary>
internal sealed record GatewayRoute
{
    /// <summary>The name in paths and in a body's <c>model</c>; case-sensitive, at most 256 characters.</summary>
    public required string Name { get; init; }

    /// <summary><c>e-</c> and 32 lower-case hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is a route, or a model definition or secret that routes share; only routes are ever called.</summary>
    public RowKind Kind { get; init; }

    /// <summary>What the third generation's management knows of it; null when that did not touch it.</summary>
    public ManagedFacts? Managed { get; init; }

    /// <summary>What it does; null when the body decides (third-generation endpoints).</summary>
    public RouteType? Type { get; init; }

    /// <summary>The models behind it, in the order of their creation; at least one.</summary>
    public required IReadOnlyList<Target> Targets { get; init; }

    /// <summary>The names of all secrets of the gateway's own vault that the row has a share in; the last row that has one takes the secret with it.</summary>
    // Rows of earlier versions leave the lists null.
    [JsonIgnore]
    public IEnumerable<string> OwnSecrets => Targets.SelectMany(target => target.OwnSecrets ?? []).Concat(Managed?.OwnSecrets ?? []).Distinct(StringComparer.Ordinal);

    /// <summary>Whether calls are split over the primaries by weight; otherwise the first primary takes all.</summary>
    public bool IsSplit { get; init; }

    /// <summary>How many fallbacks may be tried; null when the endpoint has no fallback configuration.</summary>
    public int? FallbackAttempts { get; init; }

    /// <summary>Call limits; every one of them must admit.</summary>
    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>Token limits; every one of them must admit.</summary>
    public IReadOnlyList<TokenLimit> TokenLimits { get; init; } = [];

    /// <summary>The version of the change that last touched the limits (creation included); grows across deletion and re-creation of a name.</summary>
    public long LimitsVersion { get; init; }

    /// <summary>Whether the limits were set through the API after an import, so that they survive the file's reload.</summary>
    public bool LimitsSetByApi { get; init; }

    /// <summary>Options that are the gateway's own (<c>gateway_options</c>).</summary>
    public RouteOptionSet Options { get; init; } = RouteOptionSet.Default;

    /// <summary>The configuration source that owns the row (<c>Gateway__ConfigSource</c>), or null when the API made it.</summary>
    public string? Source { get; init; }

    /// <summary>Whether it is one of the YAML file's traffic routes (entries with <c>destinations</c>), which the 2.0 lists do not show.</summary>
    public bool IsTrafficRoute { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>Its place in lists: creation order; file order for imported routes.</summary>
    public long Sequence { get; init; }

    /// <summary>The number of the version row at its last change.</summary>
    public long Version { get; init; }

    /// <summary>The row's ETag, as sent in the <c>ETag</c> header; empty before it is stored.</summary>
    public string ETag { get; init; } = "";
}

/// <summary>One model behind a route.</summary>
internal sealed record Target
{
    /// <summary><c>m-</c> and 32 hexadecimal digits: this mapping.</summary>
    public required string Id { get; init; }

    /// <summary><c>d-</c> and 32 hexadecimal digits: the model definition.</summary>
    public required string DefinitionId { get; init; }

    /// <summary><c>s-</c> and 32 hexadecimal digits: the secret; null when the target has none.</summary>
    public string? SecretId { get; init; }

    /// <summary>The provider's canonical name.</summary>
    public required string Provider { get; init; }

    /// <summary>The model's name; null when the configuration names none.</summary>
    public string? Model { get; init; }

    /// <summary>The provider's configuration; secret fields hold references, and literals only under the development option.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>Whether the operator's configuration file made the target, so that its keys may go to the hosts that it names.</summary>
    public bool IsOperators { get; init; }

    /// <summary>The secrets of the gateway's own vault that were written for this target or for what it shares, and that go with the last that has them;
    /// never one that it merely refers to.</summary>
    public IReadOnlyList<string> OwnSecrets { get; init; } = [];

    /// <summary>The endpoint of the same file whose model this is, in one of the file's traffic routes; else null.</summary>
    public string? Destination { get; init; }

    /// <summary>Whether the target is tried only after the primaries failed.</summary>
    public bool IsFallback { get; init; }

    /// <summary>The share of calls among the primaries, relative to the others'; not negative.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The order among fallbacks; null is last.</summary>
    public int? FallbackOrder { get; init; }

    /// <summary>Whether its model definition has a row of its own, which other endpoints may share.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether its secret was deleted, so that no call goes to it.</summary>
    public bool LacksSecret { get; init; }

    /// <summary>When it was attached; null when it came with its endpoint.</summary>
    public DateTimeOffset? Attached { get; init; }

    /// <summary>Who attached it.</summary>
    public string? AttachedBy { get; init; }
}

/// <summary>The gateway's own options of a route (<c>gateway_options</c>, spec/decisions.md §10); null members fall back to the gateway's settings.</summary>
internal sealed record RouteOptionSet
{
    /// <summary>No option set.</summary>
    public static RouteOptionSet Default { get; } = new();

    /// <summary><c>candidates</c> or <c>choices</c>.</summary>
    public string? AnswerShape { get; init; }

    /// <summary>The output cap that token estimates assume when the caller gives none.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Tokens that an image, a file and a piece of audio are estimated at.</summary>
    public PartTokens? PartTokens { get; init; }

    /// <summary>A header name, or <c>caller</c>: what makes calls stick to a target.</summary>
    public string? Sticky { get; init; }

    /// <summary>Deadlines of this route.</summary>
    public RouteDeadlines? Deadlines { get; init; }

    /// <summary>Whether <c>proxy/{name}/…</c> is allowed.</summary>
    public bool? AllowProxy { get; init; }
}

/// <summary>Token allowances of non-text parts.</summary>
internal sealed record PartTokens(int? Image, int? File, int? Audio);

/// <summary>Deadlines of one route; null members fall back to <c>Gateway__Deadlines__…</c>.</summary>
internal sealed record RouteDeadlines(TimeSpan? Connect, TimeSpan? FirstByte, TimeSpan? Total, TimeSpan? StreamIdle, TimeSpan? StreamLongest);

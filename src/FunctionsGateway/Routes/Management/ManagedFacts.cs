using System.Text.Json.Nodes;

namespace FunctionsGateway.Routes.Management;

/// <summary>What a row of table <c>routes</c> is.</summary>
internal enum RowKind
{
    /// <summary>A route, which is an endpoint.</summary>
    Route,

    /// <summary>A model definition, which endpoints may share.</summary>
    Model,

    /// <summary>A secret, which model definitions may share.</summary>
    Secret,
}

/// <summary>What the third generation's management knows of a row beyond what serves calls.</summary>
internal sealed record ManagedFacts
{
    /// <summary>Who created it; empty when nobody said.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>Who changed it last; empty when nobody said.</summary>
    public string UpdatedBy { get; init; } = "";

    /// <summary>An endpoint's tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What an endpoint is bound to.</summary>
    public IReadOnlyList<Binding> Bindings { get; init; } = [];

    /// <summary>Whether the usage of an endpoint is tracked.</summary>
    public bool UsageTracking { get; init; } = true;

    /// <summary>The experiment of that tracking.</summary>
    public string? ExperimentId { get; init; }

    /// <summary><c>SEQUENTIAL</c>, when an endpoint's fallback says so.</summary>
    public string? FallbackStrategy { get; init; }

    /// <summary>A secret's provider, when it names one.</summary>
    public string? Provider { get; init; }

    /// <summary>A secret's own secrets: those of the gateway's own vault that were written for it, and that go with it.</summary>
    public IReadOnlyList<string> OwnSecrets { get; init; } = [];

    /// <summary>A secret's references by name.</summary>
    public JsonObject? Values { get; init; }

    /// <summary>A secret's masks by name, made when it was written.</summary>
    public JsonObject? Masks { get; init; }

    /// <summary>A secret's open configuration.</summary>
    public JsonObject? AuthConfig { get; init; }
}

/// <summary>A resource that uses an endpoint.</summary>
internal sealed record Binding(string ResourceType, string ResourceId, DateTimeOffset Created, string? CreatedBy);

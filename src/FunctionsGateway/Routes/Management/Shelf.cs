using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;

namespace FunctionsGateway.Routes.Management;

/// <summary>Everything that management shows: endpoints, and the model definitions and secrets behind them, whichever generation's words made them.</summary>
/// <remarks>A route of the older generations has no rows of its own for its model and its key; they are read from it, and have an empty ETag.</remarks>
internal sealed class Shelf
{
    private readonly Func<string, Provider?> _find;

    public Shelf(RouteSnapshot snapshot, Func<string, Provider?> find)
    {
        _find = find;
        Endpoints = [.. snapshot.InOrder];
        var rows = snapshot.Managed.OrderBy(row => row.Sequence).ToArray();
        var models = rows.Where(row => row.Kind == RowKind.Model).ToList();
        var secrets = rows.Where(row => row.Kind == RowKind.Secret).ToList();
        var (knownModels, knownSecrets) = (models.Select(row => row.Id).ToHashSet(StringComparer.Ordinal), secrets.Select(row => row.Id).ToHashSet(StringComparer.Ordinal));
        foreach (var (endpoint, target) in Endpoints.SelectMany(endpoint => endpoint.Targets.Select(target => (endpoint, target))))
        {
            if (knownModels.Add(target.DefinitionId))
            {
                models.Add(Derived(endpoint, target, RowKind.Model, target.DefinitionId) with { Targets = [target] });
            }

            if (target.SecretId is { } secret && knownSecrets.Add(secret))
            {
                secrets.Add(Derived(endpoint, target, RowKind.Secret, secret) with { Targets = [], Managed = SecretOf(target) });
            }
        }

        (Models, Secrets) = (models, secrets);
    }

    /// <summary>The endpoints, in creation order.</summary>
    public IReadOnlyList<GatewayRoute> Endpoints { get; }

    /// <summary>The model definitions.</summary>
    public IReadOnlyList<GatewayRoute> Models { get; }

    /// <summary>The secrets.</summary>
    public IReadOnlyList<GatewayRoute> Secrets { get; }

    /// <summary>The endpoint with this identifier.</summary>
    public GatewayRoute Endpoint(string id) => Endpoints.FirstOrDefault(row => row.Id == id) ?? throw Missing($"GatewayEndpoint not found (endpoint_id='{id}')");

    /// <summary>The model definition with this identifier.</summary>
    public GatewayRoute Model(string id) => Models.FirstOrDefault(row => row.Id == id) ?? throw Missing($"GatewayModelDefinition not found (model_definition_id='{id}')");

    /// <summary>The secret with this identifier.</summary>
    public GatewayRoute Secret(string id) => Secrets.FirstOrDefault(row => row.Id == id) ?? throw Missing($"GatewaySecret not found (secret_id='{id}')");

    /// <summary>The gateway's own secrets that the rows of these names have a share in.</summary>
    public HashSet<string> OwnSecretsOf(IEnumerable<string> names)
    {
        var asked = names.ToHashSet(StringComparer.Ordinal);
        return Endpoints.Concat(Models).Concat(Secrets).Where(row => row.ETag.Length > 0 && asked.Contains(row.Name)).SelectMany(row => row.OwnSecrets).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>404 in MLflow's words.</summary>
    public static GatewayException Missing(string message) => new(404, message) { Code = "RESOURCE_DOES_NOT_EXIST" };

    /// <summary>400: a name is taken.</summary>
    public static GatewayException Exists(string message) => new(400, message) { Code = "RESOURCE_ALREADY_EXISTS" };

    /// <summary>The name of a model definition or secret, without what tells its kind.</summary>
    public static string NameOf(GatewayRoute row) => row.Name[(row.Name.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The row's name for one of this kind.</summary>
    public static string RowName(RowKind kind, string name) => (kind == RowKind.Model ? "model:" : "secret:") + name;

    /// <summary><paramref name="target"/> with the configuration that <paramref name="secret"/> gives it at its provider, and a share in the secret.</summary>
    public Target With(Target target, GatewayRoute secret) =>
        target with { SecretId = secret.Id, Config = ConfigOf(target.Provider, secret), OwnSecrets = secret.Managed?.OwnSecrets ?? [], IsOperators = false };

    private JsonObject ConfigOf(string provider, GatewayRoute secret)
    {
        var config = (JsonObject)(secret.Managed?.AuthConfig ?? []).DeepClone();
        foreach (var (name, value) in secret.Managed?.Values ?? [])
        {
            config[name] = value?.DeepClone();
        }

        return _find(provider) is { } known ? ProviderSecrets.Known(known.Config.Fields, known.Config.Canonical(config)) : config;
    }

    private ManagedFacts SecretOf(Target target)
    {
        var (values, masks, open) = (new JsonObject(), new JsonObject(), new JsonObject());
        Sort(_find(target.Provider)?.Config.Fields ?? [], target.Config);
        return new ManagedFacts { Provider = target.Provider, Values = values, Masks = masks, AuthConfig = open, OwnSecrets = target.OwnSecrets };

        // The third generation knows texts only, so what stands in an object stands beside it.
        void Sort(IReadOnlyList<ConfigField> fields, JsonObject config)
        {
            foreach (var field in fields.Where(field => config[field.Name] is not null))
            {
                var (name, value) = (field.Aliases.Count > 0 ? field.Aliases[0] : field.Name, config[field.Name]!);
                if (field.Members is { } members)
                {
                    Sort(members, value as JsonObject ?? []);
                }
                else if (field.IsSecret)
                {
                    values[name] = value.DeepClone();
                    masks[name] = SecretMask.Of(value);
                }
                else
                {
                    open[name] = value.DeepClone();
                }
            }
        }
    }

    private static GatewayRoute Derived(GatewayRoute endpoint, Target target, RowKind kind, string id) => endpoint with
    {
        Name = RowName(kind, endpoint.Targets.Count == 1 ? endpoint.Name : $"{endpoint.Name}-{target.Model}"),
        Id = id,
        Kind = kind,
        ETag = "",
    };
}

/// <summary>How keys are shown (spec/mlflow-gen3.md §D.1).</summary>
internal static class SecretMask
{
    private const string Short = "***";

    /// <summary>The first three and the last four characters of eight or more; else nothing.</summary>
    public static string Of(JsonNode? value)
    {
        if (value is not JsonValue json || !json.TryGetValue(out string? text))
        {
            return Short;
        }

        var runes = text.EnumerateRunes().ToArray();
        return runes.Length < 8 ? Short : string.Concat(runes[..3]) + "..." + string.Concat(runes[^4..]);
    }
}

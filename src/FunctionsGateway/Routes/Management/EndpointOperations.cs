using System.Text.Json.Nodes;

namespace FunctionsGateway.Routes.Management;

/// <summary>Endpoints: created, shown, changed, deleted (spec/mlflow-gen3.md §D.3).</summary>
internal sealed class EndpointOperations(ManagedRows rows, TimeProvider time)
{
    private const string Split = "REQUEST_BASED_TRAFFIC_SPLIT";

    /// <summary><c>endpoints/create</c>.</summary>
    public async Task<JsonObject> CreateAsync(Parameters given, CancellationToken cancellation)
    {
        var (name, by, now) = (given.Required("name"), given.Text("created_by") ?? "", time.GetUtcNow());
        RequireName(name);
        var configs = given.ModelConfigs();
        if (configs.Count == 0)
        {
            throw Parameters.Invalid("Endpoint must have at least one model configuration");
        }

        var id = $"e-{GatewayIds.New()}";
        var after = await rows.ChangeAsync(
            shelf =>
            {
                RequireFree(shelf, name, id);
                var targets = TargetsOf(configs, shelf, now: null, by: null);
                var row = Settled(
                    new GatewayRoute { Name = name, Id = id, Targets = targets, Created = now, Updated = now, Managed = new ManagedFacts { CreatedBy = by, UpdatedBy = by } }, given);
                return [new RouteEdit(name, row, ETag: null), .. Shared(shelf, targets, id)];
            },
            cancellation);
        return Answer(after.Endpoint(id), after);
    }

    /// <summary><c>endpoints/get</c>.</summary>
    public async Task<JsonObject> GetAsync(Parameters given, CancellationToken cancellation)
    {
        var shelf = await rows.ReadAsync(cancellation);
        return Answer(
            (given.Text("endpoint_id"), given.Text("name")) switch
            {
                ({ } id, null) => shelf.Endpoint(id),
                (null, { } name) => shelf.Endpoints.FirstOrDefault(row => row.Name == name) ?? throw Shelf.Missing($"GatewayEndpoint not found (name='{name}')"),
                _ => throw Parameters.Invalid("Exactly one of endpoint_id or name must be provided"),
            },
            shelf);
    }

    /// <summary><c>endpoints/list</c>.</summary>
    public async Task<JsonObject> ListAsync(Parameters given, CancellationToken cancellation)
    {
        var provider = given.Text("provider");
        var shelf = await rows.ReadAsync(cancellation);
        return ListAnswer.Of("endpoints", shelf.Endpoints
            .Where(row => provider is null || row.Targets.Any(target => target.Provider == provider))
            .Select(row => ManagedViews.Endpoint(row, shelf)));
    }

    /// <summary><c>endpoints/update</c>.</summary>
    public async Task<JsonObject> UpdateAsync(Parameters given, CancellationToken cancellation)
    {
        var (id, name, by) = (given.Required("endpoint_id"), given.Text("name"), given.Text("updated_by"));
        var configs = given.Objects("model_configs");
        var after = await rows.ChangeAsync(
            shelf =>
            {
                var stored = shelf.Endpoint(id);
                if (name is not null)
                {
                    RequireName(name);
                    RequireFree(shelf, name, id);
                }

                var changed = Settled(
                    stored with
                    {
                        Name = name ?? stored.Name,
                        // Several models are no longer what an older generation's type was made for.
                        Type = configs.Count > 1 ? null : stored.Type,
                        Targets = configs.Count > 0 ? TargetsOf(configs, shelf, time.GetUtcNow(), by) : stored.Targets,
                        Managed = (stored.Managed ?? new()) with { UpdatedBy = by ?? stored.Managed?.UpdatedBy ?? "" },
                        Updated = time.GetUtcNow(),
                    },
                    given);
                return [.. ManagedRows.Edit(stored, changed), .. configs.Count == 0 ? [] : Shared(shelf, changed.Targets, id)];
            },
            cancellation);
        return Answer(after.Endpoint(id), after);
    }

    /// <summary><c>endpoints/delete</c>; model definitions and secrets stay.</summary>
    public async Task<JsonObject> DeleteAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("endpoint_id");
        await rows.ChangeAsync(shelf => [ManagedRows.Remove(shelf.Endpoint(id))], cancellation);
        return [];
    }

    /// <summary>The target that a ModelConfig asks for.</summary>
    public static Target TargetOf(Parameters config, Shelf shelf, DateTimeOffset? now, string? by) =>
        shelf.Model(config.Required("model_definition_id")).Targets[0] with
        {
            Id = $"m-{GatewayIds.New()}",
            IsFallback = config.Word("linkage_type", "PRIMARY", "FALLBACK") == "FALLBACK",
            Weight = config.Weight("weight") ?? 1,
            FallbackOrder = config.Whole("fallback_order"),
            Attached = now,
            AttachedBy = by,
            IsShared = true,
            // What the operator's file may do is not copied with its model.
            IsOperators = false,
        };

    private static IReadOnlyList<Target> TargetsOf(IReadOnlyList<Parameters> configs, Shelf shelf, DateTimeOffset? now, string? by)
    {
        var missing = configs.Select(config => config.Required("model_definition_id")).Where(id => shelf.Models.All(row => row.Id != id)).ToArray();
        return missing.Length > 0
            ? throw Shelf.Missing($"Model definitions not found: {string.Join(", ", missing)}")
            : [.. configs.Select(config => TargetOf(config, shelf, now, by))];
    }

    private static IEnumerable<RouteEdit> Shared(Shelf shelf, IReadOnlyList<Target> targets, string id)
    {
        var definitions = targets.Select(target => target.DefinitionId).Distinct().ToArray();
        return [.. SharedModels.Edits(shelf, definitions, id), .. SharedModels.Held(shelf, definitions)];
    }

    private static GatewayRoute Settled(GatewayRoute row, Parameters given)
    {
        var fallback = given.Object("fallback_config");
        var facts = row.Managed!;
        return row with
        {
            Options = given.Options() ?? row.Options,
            IsSplit = given.Word("routing_strategy", Split) is not null || row.IsSplit,
            // Attached fallbacks are meant to be used; and what was configured stays until it is configured anew.
            FallbackAttempts = fallback is not null ? fallback.Whole("max_attempts") ?? 0
                : row.FallbackAttempts ?? (row.Targets.Any(target => target.IsFallback) ? 0 : null),
            Managed = facts with
            {
                UsageTracking = given.Flag("usage_tracking") ?? facts.UsageTracking,
                ExperimentId = given.Text("experiment_id") ?? facts.ExperimentId,
                FallbackStrategy = fallback is not null ? fallback.Word("strategy", "SEQUENTIAL") : facts.FallbackStrategy,
            },
        };
    }

    private static void RequireName(string name)
    {
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') || name.Length > RouteNames.Longest)
        {
            throw Parameters.Invalid($"Invalid endpoint name '{name}'. Name can only contain letters, numbers, underscores, hyphens, and dots.");
        }

        if (RouteNames.IsReserved(name))
        {
            throw Parameters.Invalid($"Invalid endpoint name '{name}'. The gateway's own paths use it.");
        }
    }

    private static void RequireFree(Shelf shelf, string name, string id)
    {
        if (shelf.Endpoints.Any(row => row.Name == name && row.Id != id))
        {
            throw Shelf.Exists($"Endpoint with name '{name}' already exists");
        }
    }

    private static JsonObject Answer(GatewayRoute row, Shelf shelf) => new() { ["endpoint"] = ManagedViews.Endpoint(row, shelf) };
}

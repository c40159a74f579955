using System.Text.Json.Nodes;

namespace FunctionsGateway.Routes.Management;

/// <summary>What hangs on an endpoint: models, tags and bindings (spec/mlflow-gen3.md §D.3).</summary>
internal sealed class AttachmentOperations(ManagedRows rows, TimeProvider time)
{
    /// <summary><c>endpoints/models/attach</c>.</summary>
    public async Task<JsonObject> AttachAsync(Parameters given, CancellationToken cancellation)
    {
        var (id, by) = (given.Required("endpoint_id"), given.Text("created_by"));
        var config = given.ModelConfig();
        var definition = config.Required("model_definition_id");
        var after = await ChangeAsync(
            id,
            (endpoint, shelf) => endpoint.Targets.Any(target => target.DefinitionId == definition)
                ? throw Shelf.Exists($"Model definition '{definition}' is already attached to endpoint '{id}'")
                : With(endpoint, EndpointOperations.TargetOf(config, shelf, time.GetUtcNow(), by)),
            by,
            cancellation,
            shelf => [.. SharedModels.Edits(shelf, [definition], id), .. SharedModels.Held(shelf, [definition])]);
        var endpoint = after.Endpoint(id);
        return new JsonObject { ["mapping"] = ManagedViews.Mapping(endpoint, endpoint.Targets.Last(target => target.DefinitionId == definition), after) };
    }

    /// <summary><c>endpoints/models/detach</c>; the last one too, as MLflow does.</summary>
    public async Task<JsonObject> DetachAsync(Parameters given, CancellationToken cancellation)
    {
        var (id, definition) = (given.Required("endpoint_id"), given.Required("model_definition_id"));
        await ChangeAsync(
            id,
            (endpoint, _) => endpoint.Targets.All(target => target.DefinitionId != definition)
                ? throw Shelf.Missing($"Model definition '{definition}' is not attached to endpoint '{id}'")
                : endpoint with { Targets = [.. endpoint.Targets.Where(target => target.DefinitionId != definition)] },
            by: null,
            cancellation);
        return [];
    }

    /// <summary><c>endpoints/set-tag</c>.</summary>
    public async Task<JsonObject> SetTagAsync(Parameters given, CancellationToken cancellation)
    {
        var (key, value) = (given.Required("key"), given.Text("value") ?? "");
        await TagAsync(given, tags => tags[key] = value, cancellation);
        return [];
    }

    /// <summary><c>endpoints/delete-tag</c>.</summary>
    public async Task<JsonObject> DeleteTagAsync(Parameters given, CancellationToken cancellation)
    {
        var key = given.Required("key");
        await TagAsync(given, tags => tags.Remove(key), cancellation);
        return [];
    }

    /// <summary><c>endpoints/bindings/create</c>.</summary>
    public async Task<JsonObject> BindAsync(Parameters given, CancellationToken cancellation)
    {
        var (id, type, resource) = (given.Required("endpoint_id"), given.Required("resource_type"), given.Required("resource_id"));
        var binding = new Binding(type, resource, time.GetUtcNow(), given.Text("created_by"));
        var after = await ChangeAsync(
            id,
            (endpoint, _) => With(endpoint, facts => facts with { Bindings = [.. facts.Bindings.Where(known => !IsSame(known, type, resource)), binding] }),
            binding.CreatedBy,
            cancellation);
        return new JsonObject { ["binding"] = ManagedViews.Binding(after.Endpoint(id), binding) };
    }

    /// <summary><c>endpoints/bindings/delete</c>.</summary>
    public async Task<JsonObject> UnbindAsync(Parameters given, CancellationToken cancellation)
    {
        var (id, type, resource) = (given.Required("endpoint_id"), given.Required("resource_type"), given.Required("resource_id"));
        await rows.ChangeAsync(
            shelf => shelf.Endpoints.FirstOrDefault(row => row.Id == id) is { } endpoint && endpoint.Managed?.Bindings.Any(known => IsSame(known, type, resource)) == true
                ? [.. ManagedRows.Edit(endpoint, With(endpoint, facts => facts with { Bindings = [.. facts.Bindings.Where(known => !IsSame(known, type, resource))] }))]
                : throw Shelf.Missing($"GatewayEndpointBinding not found (endpoint_id='{id}', resource_type='{type}', resource_id='{resource}')"),
            cancellation);
        return [];
    }

    /// <summary><c>endpoints/bindings/list</c>.</summary>
    public async Task<JsonObject> ListBindingsAsync(Parameters given, CancellationToken cancellation)
    {
        var (id, type, resource) = (given.Text("endpoint_id"), given.Text("resource_type"), given.Text("resource_id"));
        var shelf = await rows.ReadAsync(cancellation);
        return ListAnswer.Of(
            "bindings",
            from endpoint in shelf.Endpoints
            where id is null || endpoint.Id == id
            from binding in endpoint.Managed?.Bindings ?? []
            where (type is null || binding.ResourceType == type) && (resource is null || binding.ResourceId == resource)
            select ManagedViews.Binding(endpoint, binding));
    }

    private Task<Shelf> TagAsync(Parameters given, Action<SortedDictionary<string, string>> change, CancellationToken cancellation) => ChangeAsync(
        given.Required("endpoint_id"),
        (endpoint, _) => With(endpoint, facts =>
        {
            var tags = new SortedDictionary<string, string>(facts.Tags.ToDictionary(), StringComparer.Ordinal);
            change(tags);
            return facts with { Tags = tags };
        }),
        by: null,
        cancellation);

    private Task<Shelf> ChangeAsync(string id, Func<GatewayRoute, Shelf, GatewayRoute> change, string? by, CancellationToken cancellation, Func<Shelf, IEnumerable<RouteEdit>>? also = null) => rows.ChangeAsync(
        shelf =>
        {
            var stored = shelf.Endpoint(id);
            var changed = change(stored, shelf) with { Updated = time.GetUtcNow() };
            return [.. ManagedRows.Edit(stored, by is null ? changed : With(changed, facts => facts with { UpdatedBy = by })), .. also?.Invoke(shelf) ?? []];
        },
        cancellation);

    // An attached fallback is meant to be used.
    private static GatewayRoute With(GatewayRoute endpoint, Target target) => endpoint with
    {
        Type = null,
        Targets = [.. endpoint.Targets, target],
        FallbackAttempts = endpoint.FallbackAttempts ?? (target.IsFallback ? 0 : null),
    };

    private static GatewayRoute With(GatewayRoute endpoint, Func<ManagedFacts, ManagedFacts> change) => endpoint with { Managed = change(endpoint.Managed ?? new()) };

    private static bool IsSame(Binding binding, string type, string resource) => binding.ResourceType == type && binding.ResourceId == resource;
}

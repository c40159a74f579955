using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Routes.Management;

/// <summary>Model definitions, which endpoints share (spec/mlflow-gen3.md §D.2).</summary>
internal sealed class ModelOperations(ManagedRows rows, SecretKeys keys, Func<string, Provider?> find, TimeProvider time)
{
    /// <summary><c>model-definitions/create</c>.</summary>
    public async Task<JsonObject> CreateAsync(Parameters given, CancellationToken cancellation)
    {
        var (name, secretId) = (given.Required("name"), given.Required("secret_id"));
        var (provider, model, by, now) = (Canonical(given.Required("provider")), given.Required("model_name"), given.Text("created_by") ?? "", time.GetUtcNow());
        var id = $"d-{GatewayIds.New()}";
        var blank = new Target { Id = $"m-{GatewayIds.New()}", DefinitionId = id, Provider = provider, Model = model, Config = [], IsShared = true };
        await CheckAsync(shelf => Using(shelf, blank, shelf.Secret(secretId)), cancellation);
        var after = await rows.ChangeAsync(
            shelf =>
            {
                var secret = shelf.Secret(secretId);
                RequireFree(shelf, name, id);
                var row = new GatewayRoute
                {
                    Name = Shelf.RowName(RowKind.Model, name),
                    Id = id,
                    Kind = RowKind.Model,
                    Targets = [Using(shelf, blank, secret)],
                    Created = now,
                    Updated = now,
                    Managed = new ManagedFacts { CreatedBy = by, UpdatedBy = by },
                };
                return SharedModels.WithSecret(shelf, secretId, [new RouteEdit(row.Name, row, ETag: null), .. Bound(shelf, secretId, provider)]);
            },
            cancellation);
        return Answer(after.Model(id), after);
    }

    /// <summary><c>model-definitions/get</c>.</summary>
    public async Task<JsonObject> GetAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("model_definition_id");
        var shelf = await rows.ReadAsync(cancellation);
        return Answer(shelf.Model(id), shelf);
    }

    /// <summary><c>model-definitions/list</c>.</summary>
    public async Task<JsonObject> ListAsync(Parameters given, CancellationToken cancellation)
    {
        var (provider, secret) = (given.Text("provider"), given.Text("secret_id"));
        var shelf = await rows.ReadAsync(cancellation);
        return ListAnswer.Of("model_definitions", shelf.Models
            .Where(row => (provider is null || row.Targets[0].Provider == provider) && (secret is null || row.Targets[0].SecretId == secret))
            .Select(row => ManagedViews.Model(row, shelf)));
    }

    /// <summary><c>model-definitions/update</c>: every endpoint that uses the definition changes with it.</summary>
    public async Task<JsonObject> UpdateAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("model_definition_id");
        var (name, secretId, model) = (given.Text("name"), given.Text("secret_id"), given.Text("model_name"));
        var (provider, by) = (given.Text("provider") is { } asked ? Canonical(asked) : null, given.Text("updated_by"));
        if (provider is not null || secretId is not null || model is not null)
        {
            await CheckAsync(shelf => Changed(shelf, shelf.Model(id).Targets[0], provider, secretId, model), cancellation);
        }

        var after = await rows.ChangeAsync(
            shelf =>
            {
                var stored = shelf.Model(id);
                var target = Changed(shelf, stored.Targets[0], provider, secretId, model);
                if (name is not null)
                {
                    RequireFree(shelf, name, id);
                }

                var facts = stored.Managed ?? new();
                var changed = stored with
                {
                    Name = name is null ? stored.Name : Shelf.RowName(RowKind.Model, name),
                    Targets = [target],
                    Updated = time.GetUtcNow(),
                    Managed = facts with { UpdatedBy = by ?? facts.UpdatedBy },
                };
                var bound = target.SecretId is { } used ? Bound(shelf, used, target.Provider) : [];
                if (stored.ETag.Length == 0 && name is null)
                {
                    return SharedModels.WithSecret(shelf, target.SecretId == stored.Targets[0].SecretId ? null : target.SecretId, [.. Users(shelf, target), .. bound]);
                }

                if (stored.ETag.Length > 0)
                {
                    return SharedModels.WithSecret(shelf, target.SecretId, [.. ManagedRows.Edit(stored, changed), .. Users(shelf, target), .. bound]);
                }

                // A name of its own can only be kept in a row of its own.
                var row = SharedModels.RowOf(changed with { Managed = facts with { UpdatedBy = by ?? "" } }, shelf.Models.Where(other => other.Id != id));
                return SharedModels.WithSecret(shelf, target.SecretId, [new RouteEdit(row.Name, row, ETag: null), .. Users(shelf, target with { IsShared = true }), .. bound]);
            },
            cancellation);
        return Answer(after.Model(id), after);
    }

    /// <summary><c>model-definitions/delete</c>.</summary>
    public async Task<JsonObject> DeleteAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("model_definition_id");
        await rows.ChangeAsync(
            shelf => shelf.Model(id) is var stored && shelf.Endpoints.Any(row => row.Targets.Any(target => target.DefinitionId == id))
                ? throw new GatewayException(500, "Cannot delete model definition that is currently in use by endpoints. Detach it from all endpoints first.") { Code = "INVALID_STATE" }
                : [ManagedRows.Remove(stored)],
            cancellation);
        return [];
    }

    private async Task CheckAsync(Func<Shelf, Target> plan, CancellationToken cancellation) => await keys.CheckAsync(plan(await rows.ReadAsync(cancellation)), cancellation);

    private Target Changed(Shelf shelf, Target target, string? provider, string? secretId, string? model)
    {
        if (provider is not null && provider != target.Provider && secretId is null)
        {
            throw Parameters.Invalid("'secret_id' must be sent again when the provider changes, because a key belongs to the place that it was given for.");
        }

        var changed = target with { Provider = provider ?? target.Provider, Model = model ?? target.Model, IsOperators = false };
        return (secretId ?? target.SecretId) is { } id ? Using(shelf, changed with { LacksSecret = false }, shelf.Secret(id)) : changed;
    }

    private Target Using(Shelf shelf, Target target, GatewayRoute secret)
    {
        RequireSame(shelf, secret, target.Provider);
        return shelf.With(target, secret);
    }

    // A secret that names no provider belongs to that of the first model that uses it; one that does is held as it is while its keys are copied.
    private static IEnumerable<RouteEdit> Bound(Shelf shelf, string secretId, string provider) =>
        shelf.Secret(secretId) is { ETag.Length: > 0, Managed: { Provider: null } facts } secret
            ? ManagedRows.Edit(secret, secret with { Managed = facts with { Provider = provider } })
            : SharedModels.HeldSecret(shelf, secretId);

    private static IEnumerable<RouteEdit> Users(Shelf shelf, Target model) =>
        from row in shelf.Endpoints
        where row.Targets.Any(target => target.DefinitionId == model.DefinitionId)
        from edit in ManagedRows.Edit(row, row with { Targets = [.. row.Targets.Select(target => target.DefinitionId == model.DefinitionId ? Like(target, model) : target)] })
        select edit;

    private static Target Like(Target target, Target model) =>
        target with
        {
            Provider = model.Provider,
            Model = model.Model,
            Config = (JsonObject)model.Config.DeepClone(),
            SecretId = model.SecretId,
            OwnSecrets = model.OwnSecrets,
            LacksSecret = model.LacksSecret,
            IsOperators = false,
            IsShared = target.IsShared || model.IsShared,
        };

    private string Canonical(string provider) => find(provider)?.Name ?? provider;

    // A key goes to the provider that it was given for, and to no other (spec/decisions.md §4).
    private void RequireSame(Shelf shelf, GatewayRoute secret, string provider)
    {
        var own = secret.Managed?.Provider ?? shelf.Models.SelectMany(row => row.Targets).FirstOrDefault(target => target.SecretId == secret.Id)?.Provider;
        if (own is not null && !string.Equals(Canonical(own).Replace('_', '-'), provider.Replace('_', '-'), StringComparison.OrdinalIgnoreCase))
        {
            throw Parameters.Invalid($"The secret '{Shelf.NameOf(secret)}' was given for provider '{own}' and cannot be used for '{provider}'.");
        }
    }

    private static void RequireFree(Shelf shelf, string name, string id)
    {
        if (shelf.Models.Any(row => Shelf.NameOf(row) == name && row.Id != id))
        {
            throw Shelf.Exists($"Model definition with name '{name}' already exists");
        }
    }

    private static JsonObject Answer(GatewayRoute row, Shelf shelf) => new() { ["model_definition"] = ManagedViews.Model(row, shelf) };
}

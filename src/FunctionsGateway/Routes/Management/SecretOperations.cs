using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;

namespace FunctionsGateway.Routes.Management;

/// <summary>Secrets: created, shown masked, changed with all that use them, deleted (spec/mlflow-gen3.md §D.1).</summary>
internal sealed class SecretOperations(ManagedRows rows, SecretKeys keys, Func<string, Provider?> find, TimeProvider time)
{
    /// <summary><c>secrets/create</c>.</summary>
    public async Task<JsonObject> CreateAsync(Parameters given, CancellationToken cancellation)
    {
        var (name, value) = (given.Required("secret_name"), given.Map("secret_value") ?? throw Parameters.MissingValue("secret_value"));
        var (provider, open, now) = (given.Text("provider"), given.AuthConfig(), time.GetUtcNow());
        keys.RefuseAddresses(provider, value);
        keys.RequireAddresses(provider, open);
        RequireFree(await rows.ReadAsync(cancellation), name);
        var row = new GatewayRoute
        {
            Name = Shelf.RowName(RowKind.Secret, name),
            Id = $"s-{GatewayIds.New()}",
            Kind = RowKind.Secret,
            Targets = [],
            Created = now,
            Updated = now,
            Managed = new ManagedFacts
            {
                CreatedBy = given.Text("created_by") ?? "",
                UpdatedBy = given.Text("created_by") ?? "",
                Provider = provider,
                Masks = MasksOf(value),
                AuthConfig = open,
            },
        };
        var after = await WithKeysAsync(provider, value, open, (values, written) => rows.ChangeAsync(
            shelf =>
            {
                RequireFree(shelf, name);
                return [new RouteEdit(row.Name, row with { Managed = row.Managed with { Values = values, OwnSecrets = written } }, ETag: null)];
            },
            cancellation), cancellation);
        return Answer(after.Secret(row.Id));
    }

    /// <summary><c>secrets/get</c>.</summary>
    public async Task<JsonObject> GetAsync(Parameters given, CancellationToken cancellation)
    {
        var shelf = await rows.ReadAsync(cancellation);
        return Answer((given.Text("secret_id"), given.Text("secret_name")) switch
        {
            ({ } id, null) => shelf.Secret(id),
            (null, { } name) => shelf.Secrets.FirstOrDefault(row => Shelf.NameOf(row) == name) ?? throw Shelf.Missing($"GatewaySecret not found (secret_name='{name}')"),
            _ => throw Parameters.Invalid("Exactly one of secret_id or secret_name must be provided"),
        });
    }

    /// <summary><c>secrets/list</c>.</summary>
    public async Task<JsonObject> ListAsync(Parameters given, CancellationToken cancellation)
    {
        var provider = given.Text("provider");
        var shelf = await rows.ReadAsync(cancellation);
        return ListAnswer.Of("secrets", shelf.Secrets.Where(row => provider is null || row.Managed?.Provider == provider).Select(ManagedViews.Secret));
    }

    /// <summary><c>secrets/update</c>: every endpoint that uses the secret changes with it.</summary>
    public async Task<JsonObject> UpdateAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("secret_id");
        var (value, open, by) = (given.Map("secret_value"), given.AuthConfig(), given.Text("updated_by"));
        var before = (await rows.ReadAsync(cancellation)).Secret(id).Managed ?? new();
        keys.RefuseAddresses(before.Provider, value ?? []);
        keys.RequireAddresses(before.Provider, open);
        if (value is null && open is not null && !keys.IsSamePlace(before.Provider, open, before.AuthConfig))
        {
            throw Parameters.Invalid("'secret_value' must be sent again when the address in 'auth_config' changes, because a key belongs to the place that it was given for.");
        }

        var after = await WithKeysAsync(before.Provider, value, open ?? before.AuthConfig, (values, written) => rows.ChangeAsync(
            shelf =>
            {
                var stored = shelf.Secret(id);
                var facts = (stored.Managed ?? new()) with { AuthConfig = open ?? stored.Managed?.AuthConfig, UpdatedBy = by ?? stored.Managed?.UpdatedBy ?? "" };
                var changed = stored with
                {
                    Updated = time.GetUtcNow(),
                    Managed = values is null ? facts : facts with { Values = values, OwnSecrets = written, Masks = MasksOf(value!) },
                };
                return [.. stored.ETag.Length > 0 ? ManagedRows.Edit(stored, changed) : [], .. Users(shelf, id, target => shelf.With(target, changed))];
            },
            cancellation), cancellation);
        return Answer(after.Secret(id));
    }

    /// <summary><c>secrets/delete</c>: what used the secret stays, and is called no more.</summary>
    public async Task<JsonObject> DeleteAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("secret_id");
        await rows.ChangeAsync(
            shelf =>
            {
                var stored = shelf.Secret(id);
                return
                [
                    .. stored.ETag.Length > 0 ? [ManagedRows.Remove(stored)] : Array.Empty<RouteEdit>(),
                    .. Users(shelf, id, target => target with { SecretId = null, LacksSecret = true, Config = Open(target), OwnSecrets = [] }),
                ];
            },
            cancellation);
        return [];
    }

    // What was written to the vault for a change that was not made is removed again.
    private async Task<Shelf> WithKeysAsync(
        string? provider, JsonObject? value, JsonObject? open, Func<JsonObject?, IReadOnlyList<string>, Task<Shelf>> change, CancellationToken cancellation)
    {
        var written = new List<string>();
        try
        {
            return await change(value is null ? null : await keys.KeepAsync(provider, value, open, written, cancellation), written);
        }
        catch
        {
            await keys.SettleAsync(written);
            throw;
        }
    }

    // Endpoints and model definitions hold their configuration whole, so that a call needs one row.
    private static IEnumerable<RouteEdit> Users(Shelf shelf, string id, Func<Target, Target> change) =>
        from row in shelf.Endpoints.Concat(shelf.Models.Where(model => model.ETag.Length > 0))
        where row.Targets.Any(target => target.SecretId == id)
        from edit in ManagedRows.Edit(row, row with { Targets = [.. row.Targets.Select(target => target.SecretId == id ? change(target) : target)] })
        select edit;

    private JsonObject Open(Target target) =>
        find(target.Provider) is { } provider ? ProviderSecrets.Without(provider.Config.Fields, target.Config) : [];

    private static JsonObject MasksOf(JsonObject value) => new(value.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)SecretMask.Of(member.Value))));

    private static void RequireFree(Shelf shelf, string name)
    {
        if (shelf.Secrets.Any(row => Shelf.NameOf(row) == name))
        {
            throw Shelf.Exists($"Secret with name '{name}' already exists");
        }
    }

    private static JsonObject Answer(GatewayRoute row) => new() { ["secret"] = ManagedViews.Secret(row) };
}

/// <summary>Answers that are lists; an empty one is an empty object.</summary>
internal static class ListAnswer
{
    /// <summary>The answer.</summary>
    public static JsonObject Of(string name, IEnumerable<JsonObject> items)
    {
        var list = new JsonArray([.. items]);
        return list.Count == 0 ? [] : new JsonObject { [name] = list };
    }
}

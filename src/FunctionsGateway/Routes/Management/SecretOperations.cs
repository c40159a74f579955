using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Management;

/// <summary>Secrets: created, shown masked, changed with all that use them, deleted (spec/mlflow-gen3.md §D.1).</summary>
internal sealed class SecretOperations(ManagedRows rows, ISecretKeeper keeper, Func<string, Provider?> find, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary><c>secrets/create</c>.</summary>
    public async Task<JsonObject> CreateAsync(Parameters given, CancellationToken cancellation)
    {
        var (name, value) = (given.Required("secret_name"), given.Map("secret_value") ?? throw Parameters.MissingValue("secret_value"));
        var (provider, open, now) = (given.Text("provider"), given.Map("auth_config"), time.GetUtcNow());
        RequireAddresses(open);
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
                Values = await KeepAsync(value, open, cancellation),
                Masks = MasksOf(value),
                AuthConfig = open,
            },
        };
        var after = await rows.ChangeAsync(
            shelf =>
            {
                RequireFree(shelf, name);
                return [new RouteEdit(row.Name, row, ETag: null)];
            },
            cancellation);
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
        var (value, open, by) = (given.Map("secret_value"), given.Map("auth_config"), given.Text("updated_by"));
        RequireAddresses(open);
        var before = (await rows.ReadAsync(cancellation)).Secret(id);
        if (value is null && open is not null && !Addresses(open).SequenceEqual(Addresses(before.Managed?.AuthConfig)))
        {
            throw Parameters.Invalid("'secret_value' must be sent again when the address in 'auth_config' changes, because a key belongs to the place that it was given for.");
        }

        var values = value is null ? null : await KeepAsync(value, open ?? before.Managed?.AuthConfig, cancellation);
        var after = await rows.ChangeAsync(
            shelf =>
            {
                var stored = shelf.Secret(id);
                var facts = stored.Managed ?? new();
                var changed = stored with
                {
                    Updated = time.GetUtcNow(),
                    Managed = facts with { Values = values ?? facts.Values, Masks = value is null ? facts.Masks : MasksOf(value), AuthConfig = open ?? facts.AuthConfig, UpdatedBy = by ?? facts.UpdatedBy },
                };
                return [.. stored.ETag.Length > 0 ? ManagedRows.Edit(stored, changed) : [], .. Users(shelf, id, target => target with { Config = shelf.ConfigOf(target.Provider, changed), IsOperators = false })];
            },
            cancellation);
        if (values is not null)
        {
            await keeper.DropAsync(References(before.Managed?.Values));
        }

        return Answer(after.Secret(id));
    }

    /// <summary><c>secrets/delete</c>: what used the secret stays, and is called no more.</summary>
    public async Task<JsonObject> DeleteAsync(Parameters given, CancellationToken cancellation)
    {
        var id = given.Required("secret_id");
        IReadOnlyCollection<string> references = [];
        await rows.ChangeAsync(
            shelf =>
            {
                var stored = shelf.Secret(id);
                references = References(stored.Managed?.Values);
                return
                [
                    .. stored.ETag.Length > 0 ? [ManagedRows.Remove(stored)] : Array.Empty<RouteEdit>(),
                    .. Users(shelf, id, target => target with { SecretId = null, LacksSecret = true, Config = Open(target) }),
                ];
            },
            cancellation);
        await keeper.DropAsync(references);
        return [];
    }

    // Endpoints and model definitions hold their configuration whole, so that a call needs one row.
    private static IEnumerable<RouteEdit> Users(Shelf shelf, string id, Func<Target, Target> change) =>
        from row in shelf.Endpoints.Concat(shelf.Models.Where(model => model.ETag.Length > 0))
        where row.Targets.Any(target => target.SecretId == id)
        from edit in ManagedRows.Edit(row, row with { Targets = [.. row.Targets.Select(target => target.SecretId == id ? change(target) : target)] })
        select edit;

    private JsonObject Open(Target target) =>
        find(target.Provider) is { } provider ? ProviderSecrets.Without(provider.Config.Fields, target.Config) : [];

    private async Task<JsonObject> KeepAsync(JsonObject value, JsonObject? open, CancellationToken cancellation)
    {
        var origin = Uri.TryCreate(Addresses(open).FirstOrDefault().Address, UriKind.Absolute, out var address) ? address.GetLeftPart(UriPartial.Authority) : null;
        var kept = new JsonObject();
        foreach (var (name, key) in value)
        {
            var text = (string)key!;
            kept[name] = text.Length == 0 || text.Any(char.IsControl)
                ? throw Parameters.Invalid("A key cannot be empty or hold control characters.")
                : await keeper.KeepAsync(text, origin, cancellation);
        }

        return kept;
    }

    private void RequireAddresses(JsonObject? open)
    {
        foreach (var (name, address) in Addresses(open))
        {
            if (BaseAddressRule.Fault(address, options.Value.Egress.AllowedHosts) is { } fault)
            {
                throw Parameters.Invalid($"Invalid value for parameter 'auth_config.{name}': {fault}.");
            }
        }
    }

    // Which members are addresses is the provider's to say, and a secret need not name one; so everything that looks like one is taken for one.
    private static IEnumerable<(string Name, string Address)> Addresses(JsonObject? open) =>
        from member in open ?? []
        let text = (string)member.Value!
        where member.Key.EndsWith("api_base", StringComparison.Ordinal) || text.Contains("//", StringComparison.Ordinal)
        orderby member.Key
        select (member.Key, text);

    private static JsonObject MasksOf(JsonObject value) => new(value.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)SecretMask.Of(member.Value))));

    private static IReadOnlyCollection<string> References(JsonObject? values) => [.. (values ?? []).Select(member => (string)member.Value!)];

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

using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Management;

/// <summary>Sees to the keys and addresses of the third generation's secrets, which name their provider or leave it to the first model that uses them.</summary>
/// <param name="keeper">Sees to each key.</param>
/// <param name="rule">What may stand for a key.</param>
/// <param name="find">The provider of a name, or null.</param>
/// <param name="options">The settings.</param>
/// <param name="settings">The app settings, which fill what a configuration leaves open.</param>
internal sealed class SecretKeys(KeyKeeper keeper, SecretRule rule, Func<string, Provider?> find, IOptions<GatewayOptions> options, IConfiguration settings)
{
    /// <summary>What the row holds for <paramref name="value"/>: references, or under the development option literals.</summary>
    /// <param name="provider">The provider that the secret names.</param>
    /// <param name="value">The keys by name.</param>
    /// <param name="open">The open configuration.</param>
    /// <param name="written">Gets the names of the secrets that are written for it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<JsonObject> KeepAsync(string? provider, JsonObject value, JsonObject? open, ICollection<string> written, CancellationToken cancellation)
    {
        var known = Find(provider);
        foreach (var (name, key) in value)
        {
            if (rule.Fault((string)key!, FieldOf(name), isFromFile: false) is { } fault && (IsKey(known, name) || fault.Kind != SecretRule.LiteralRefused))
            {
                throw Parameters.Invalid(fault.Message);
            }
        }

        var (place, kept) = (PlaceOf(known, open), new JsonObject());
        foreach (var (name, key) in value)
        {
            var text = (string)key!;
            kept[name] = IsKey(known, name) || SecretReference.IsMeant(text) ? await keeper.KeepAsync(text, FieldOf(name), place, written, cancellation) : text;
        }

        return kept;
    }

    /// <summary>Makes sure that the keys of <paramref name="target"/> may go where its calls go.</summary>
    public async Task CheckAsync(Target target, CancellationToken cancellation)
    {
        if (find(target.Provider) is { } provider && KeyPlace.Of(provider, target.Model, target.Config, settings) is { } place)
        {
            foreach (var (_, field, value) in ProviderSecrets.Places(provider.Config.Fields, target.Config).Where(key => SecretReference.IsMeant(key.Value)))
            {
                await keeper.CheckAsync(value, field, place, cancellation);
            }
        }
    }

    /// <summary>Removes what no row holds.</summary>
    public Task SettleAsync(IReadOnlyCollection<string> names) => keeper.SettleAsync(names);

    /// <summary>Holds every address to the rule (<see cref="BaseAddressRule"/>).</summary>
    public void RequireAddresses(string? provider, JsonObject? open)
    {
        foreach (var (name, address) in Addresses(Find(provider), open))
        {
            if (BaseAddressRule.Fault(address, options.Value.Egress.AllowedHosts) is { } fault)
            {
                throw Parameters.Invalid($"Invalid value for parameter 'auth_config.{name}': {fault}.");
            }
        }
    }

    /// <summary>Makes sure that no address stands among the keys, where nobody could see it and no key would be bound to it.</summary>
    public void RefuseAddresses(string? provider, JsonObject value)
    {
        var known = Find(provider);
        foreach (var (name, _) in value)
        {
            if (FieldsOf(known, name).Any(field => field.IsBaseAddress) || name.EndsWith("api_base", StringComparison.Ordinal))
            {
                throw Parameters.Invalid($"Invalid value for parameter 'secret_value.{name}': an address is no key. Send it in 'auth_config'.");
            }
        }
    }

    /// <summary>Whether calls go to the same place with either configuration.</summary>
    public bool IsSamePlace(string? provider, JsonObject? open, JsonObject? other)
    {
        var known = Find(provider);
        return Addresses(known, open).SequenceEqual(Addresses(known, other)) && PlaceOf(known, open)?.Address == PlaceOf(known, other)?.Address;
    }

    private Provider? Find(string? provider) => provider is null ? null : find(provider);

    private KeyPlace? PlaceOf(Provider? provider, JsonObject? open) => provider is not null
        ? KeyPlace.Of(provider, model: null, provider.Config.Canonical((JsonObject)(open ?? []).DeepClone()), settings)
        : KeyPlace.Of(null, Addresses(provider, open).FirstOrDefault().Address ?? "");

    private static IEnumerable<(string Name, string Address)> Addresses(Provider? provider, JsonObject? open) =>
        from member in open ?? []
        let text = (string)member.Value!
        where FieldsOf(provider, member.Key).Any(field => field.IsBaseAddress) || member.Key.EndsWith("api_base", StringComparison.Ordinal) || text.Contains("//", StringComparison.Ordinal)
        orderby member.Key
        select (member.Key, text);

    // An access key's id, which stands beside the key itself, is none.
    private static bool IsKey(Provider? provider, string name) => FieldsOf(provider, name).ToArray() is var fields && (fields.Length == 0 || fields.Any(field => field.IsSecret));

    // What a name means while the provider is not known is whatever it means to any.
    private static IEnumerable<ConfigField> FieldsOf(Provider? provider, string name) =>
        (provider is null ? ProviderCatalog.All : [provider]).SelectMany(one => one.Config.Fields).SelectMany(field => (field.Members ?? []).Prepend(field))
            .Where(field => field.Name == name || field.Aliases.Contains(name));

    private static string FieldOf(string name) => $"secret_value.{name}";
}

using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Validation;

/// <summary>A model behind a route, as a body names it.</summary>
internal sealed record ModelDraft(Provider Provider, string? Name, JsonObject Config);

/// <summary>Reads <c>model</c>: <c>{"name", "provider", "config" | "&lt;provider&gt;_config"}</c>.</summary>
/// <param name="find">The provider of a name, or null.</param>
/// <param name="secrets">What may stand in a secret field.</param>
/// <param name="options">The settings.</param>
internal sealed class ModelReader(Func<string, Provider?> find, SecretRule secrets, IOptions<GatewayOptions> options)
{
    /// <summary>The kind of the fault that a change of the address without the key is; alone it is answered 400.</summary>
    public const string KeyRequired = "key_required";

    /// <summary>The model; null when something is wrong.</summary>
    /// <param name="body">The route's body.</param>
    /// <param name="type">The route's type, when it is known.</param>
    /// <param name="isFromFile">Whether the operator's file says it.</param>
    /// <param name="stored">What is replaced: its key is kept when none is given.</param>
    public ModelDraft? Read(Fields body, RouteType? type, bool isFromFile, Target? stored)
    {
        if (body.Object("model", isRequired: true) is not { } model)
        {
            return null;
        }

        var name = model.Text("name");
        if (Provider(model) is not { } provider)
        {
            return null;
        }

        if (provider.ModelFault?.Invoke(name, type?.ToWire()) is { } fault)
        {
            model.Fault("name", "value_error", fault);
        }

        return Config(model, provider, isFromFile, stored, name) is { } config ? new ModelDraft(provider, name, config) : null;
    }

    private Provider? Provider(Fields model)
    {
        if (model.Json["provider"] is null)
        {
            model.Fault("provider", "missing", "A provider must be provided for each gateway route.");
            return null;
        }

        if (model.Text("provider") is not { } name)
        {
            return null;
        }

        var provider = find(name);
        if (provider is null)
        {
            model.Fault("provider", "value_error", $"The provider '{name}' is not supported.");
        }

        return provider;
    }

    private JsonObject? Config(Fields model, Provider provider, bool isFromFile, Target? stored, string? name)
    {
        var key = model.Has("config") ? "config" : model.Json.Select(member => member.Key).FirstOrDefault(member => IsConfigOf(provider, member)) ?? "config";
        if (model.Json[key] is null)
        {
            model.Fault(key, "missing", $"A config must be supplied when setting a provider. The provider entry for {provider.Name} is incorrect.");
            return null;
        }

        if (model.Object(key) is not { } config)
        {
            return null;
        }

        provider.Config.Canonical(config.Json);

        // The secrets that the caller sent are judged; a kept one was judged when it was stored.
        CheckFields(config, provider.Config.Fields, isFromFile);
        var settled = ProviderSecrets.Known(provider.Config.Fields, config.Json);
        var isSameProvider = stored?.Provider == provider.Name;
        var kept = isSameProvider ? ProviderSecrets.Keep(provider.Config.Fields, settled, stored!.Config) : [];
        var faults = provider.Config.Validate(settled);
        foreach (var fault in faults)
        {
            var isKeyLeftOut = stored is not null && !isSameProvider && fault.Message == "Field required"
                && provider.Config.Fields.Any(field => field.Name == fault.Field && field.IsSecret);
            config.Fault(
                fault.Field,
                isKeyLeftOut ? KeyRequired : fault.Message switch { "Field required" => "missing", "Input should be a valid string" => "string_type", _ => "value_error" },
                isKeyLeftOut ? MustBeSent(fault.Field!) : fault.Message);
        }

        if (faults.Count == 0 && kept.Count > 0 && BaseOf(provider, name, settled) != BaseOf(provider, stored!.Model, stored.Config))
        {
            config.Fault(kept[0], KeyRequired, MustBeSent(kept[0]));
        }

        return settled;
    }

    private void CheckFields(Fields config, IReadOnlyList<ConfigField> fields, bool isFromFile)
    {
        foreach (var field in fields)
        {
            if (field.Members is { } members)
            {
                if (config.Json[field.Name] is JsonObject)
                {
                    CheckFields(config.Object(field.Name)!, members, isFromFile);
                }
            }
            else if (config.Json[field.Name] is JsonValue value && value.TryGetValue(out string? text))
            {
                if (field.IsSecret)
                {
                    secrets.Check(config, field.Name, isFromFile);
                }
                else if (field.IsBaseAddress && BaseAddressRule.Fault(text, options.Value.Egress.AllowedHosts) is { } fault)
                {
                    config.Fault(field.Name, "value_error", fault);
                }
            }
        }
    }

    private static string MustBeSent(string field) =>
        $"'{field}' must be sent again when the provider or its base URL changes, because a key belongs to the place that it was given for.";

    private static string BaseOf(Provider provider, string? model, JsonObject config) =>
        provider.BaseAddress(new ProviderCall(model ?? "", config, Stream: false, "", DateTimeOffset.UnixEpoch)).TrimEnd('/');

    private static bool IsConfigOf(Provider provider, string member) =>
        member.EndsWith("_config", StringComparison.Ordinal)
        && provider.Aliases.Append(provider.Name).Any(name => name.Replace('-', '_').Equals(member[..^"_config".Length], StringComparison.OrdinalIgnoreCase));
}

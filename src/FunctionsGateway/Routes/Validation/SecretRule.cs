using System.Text.Json.Nodes;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Validation;

/// <summary>What may stand in a secret field: a reference of an allowed name, or a literal where there is a vault to keep it. A file only in the operator's own file.</summary>
/// <param name="options">The settings.</param>
/// <param name="setting">The app setting of a name, or null.</param>
/// <param name="vaults">The vaults; null for none.</param>
internal sealed class SecretRule(IOptions<GatewayOptions> options, Func<string, string?> setting, ISecretStore? vaults = null)
{
    /// <summary>The kind of the fault that a literal key is; alone it is answered 400.</summary>
    public const string LiteralRefused = "secret_literal";

    private readonly SecretSettings _settings = options.Value.Secrets;
    private readonly SecretNames _names = new(options.Value.Secrets.Names);
    private readonly KeyFiles _files = new(options.Value.Secrets.FileRoot);

    private bool HasVault => vaults?.CanRead == true;

    /// <summary>Notes what is wrong with the secret in <paramref name="field"/>.</summary>
    /// <param name="config">The object that holds the field.</param>
    /// <param name="field">The field.</param>
    /// <param name="isFromFile">Whether the operator's file says it, which may name a file instead of a key.</param>
    public void Check(Fields config, string field, bool isFromFile)
    {
        if (config.Json[field]?.GetValue<string>() is not { } value)
        {
            return;
        }

        if (isFromFile && !SecretReference.IsMeant(value) && _files.Find(value) is { } path)
        {
            config.Json[field] = JsonValue.Create(SecretReference.ToFile(path));
        }
        else if (isFromFile && !SecretReference.IsMeant(value) && File.Exists(value))
        {
            config.Fault(field, "value_error", "The key is the path of a file outside of Gateway__Secrets__FileRoot. Put the file there, or put the key into an app setting and write its name, e.g. '$OPENAI_API_KEY'.");
        }
        else if (Fault(value, field, isFromFile) is { } fault)
        {
            config.Fault(field, fault.Kind, fault.Message);
        }
    }

    /// <summary>What is wrong with a key, or a reference to one: the kind of the fault and a sentence; null when nothing is.</summary>
    public (string Kind, string Message)? Fault(string value, string field, bool isFromFile) =>
        value.Length == 0 || value.Any(char.IsControl) ? ("value_error", "A key cannot be empty or hold control characters.")
        : SecretReference.IsMeant(value) ? Fault(SecretReference.Parse(value), field, isFromFile) is { } fault ? ("value_error", fault) : null
        : _settings.AllowInline || (!isFromFile && vaults?.CanWrite == true) ? null
        : (LiteralRefused,
            $"'{field}' holds a literal key, which is not stored. Put the key into an app setting or a vault and send its name, e.g. '$OPENAI_API_KEY'; "
            + "with Gateway__KeyVault__WriteUri the gateway keeps literals in a vault of its own, and in development Gateway__Secrets__AllowInline=true allows them.");

    private string? Fault(SecretReference? reference, string field, bool isFromFile) => reference switch
    {
        SecretReference.Setting named => NameFault(named.Name, field),
        SecretReference.KeyFile file when isFromFile => _files.Find(file.Path) is null ? "The key's file is not under Gateway__Secrets__FileRoot." : null,
        SecretReference.KeyFile => "A key file can be named in the configuration file only.",
        SecretReference.Vaulted { Vault: var vault } when !HasVault || (vault is not null && !vaults!.Knows(vault)) =>
            "The key is in a vault that this gateway does not use. Gateway__KeyVault__Uri names the vault.",
        SecretReference.Vaulted => null,
        _ => "The reference to a secret cannot be read. Write '$NAME', 'keyvault:name', 'keyvault:name/version' or the secret's full identifier.",
    };

    // What follows the dollar is quoted only once it is known to be a permitted name: it may be a key with a slip of the pen.
    private string? NameFault(string name, string field) =>
        !_names.Allow(name) ? $"The app setting that '{field}' names may not serve as a key: Gateway__Secrets__Names allows {_settings.Names}."
        : !HasVault && string.IsNullOrEmpty(setting(name)) ? $"Environment variable '{name}' is not set"
        : null;
}

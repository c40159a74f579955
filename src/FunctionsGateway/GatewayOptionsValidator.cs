using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FunctionsGateway;

/// <summary>Refuses settings that cannot work, each with a sentence that names the setting, quotes the value and says the remedy.</summary>
internal sealed class GatewayOptionsValidator(IHostEnvironment environment, IConfiguration configuration) : IValidateOptions<GatewayOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var faults = new List<string>();
        var inAzure = Hosting.IsAzure(configuration);

        void Require(bool holds, string setting, object? value, string remedy)
        {
            if (!holds)
            {
                faults.Add($"Gateway__{setting} is '{value}': {remedy}");
            }
        }

        void Positive(string setting, TimeSpan value, TimeSpan most) =>
            Require(value > TimeSpan.Zero && value <= most, setting, value, $"set a time above 00:00:00 and at most {most}.");

        Require(options.MaxBodyBytes is >= 1024 and <= 1L << 30, "MaxBodyBytes", options.MaxBodyBytes, "set a number of bytes from 1024 to 1073741824.");
        Require(options.ConfigSource.Length is > 0 and <= 64, "ConfigSource", options.ConfigSource, "set a name of 1 to 64 characters.");
        Require(string.IsNullOrEmpty(options.Compatibility.AnswerShape) || options.Compatibility.AnswerShape is "choices" or "candidates", "Compatibility__AnswerShape", options.Compatibility.AnswerShape, "set 'choices' or 'candidates', or nothing.");
        Require(!options.Access.Anonymous || !inAzure || options.Access.AnonymousInAzure, "Access__Anonymous", options.Access.Anonymous,
            "in Azure anyone could call and change the gateway; remove the setting, or say it twice with Gateway__Access__AnonymousInAzure=true.");
        Require(!options.Access.TrustCallerHeader || environment.IsDevelopment(), "Access__TrustCallerHeader", options.Access.TrustCallerHeader,
            "callers could name themselves; it works only where the environment is Development.");
        Require(!options.Secrets.AllowInline || (environment.IsDevelopment() && !inAzure), "Secrets__AllowInline", options.Secrets.AllowInline,
            "keys would be stored in the routes table; it works only where the environment is Development and not in Azure. Use $NAME references.");

        Access(options.Access, options.Egress.AllowedHosts, Require);
        Require(!inAzure || IsInVault(options), "Access__BootstrapKey", "(not shown)",
            "in Azure the key is kept in a vault: name it as keyvault:name, set Gateway__KeyVault__Uri, and have no app setting of a name that is written $NAME.");
        foreach (var (setting, address) in new[] { ("KeyVault__Uri", options.KeyVault.Uri), ("KeyVault__WriteUri", options.KeyVault.WriteUri) })
        {
            Require(string.IsNullOrEmpty(address) || IsHttps(address), setting, address, "set the vault's address, e.g. https://name.vault.azure.net.");
        }

        var day = TimeSpan.FromDays(1);
        Positive("Limits__AdmissionWait", options.Limits.AdmissionWait, TimeSpan.FromMinutes(1));
        Require(options.Limits.ClockTolerance >= TimeSpan.Zero && options.Limits.ClockTolerance <= TimeSpan.FromSeconds(5), "Limits__ClockTolerance", options.Limits.ClockTolerance, "set a time from 00:00:00 to 00:00:05.");
        Positive("Limits__MaxRetryAfter", options.Limits.MaxRetryAfter, day);
        Positive("Limits__SweepInterval", options.Limits.SweepInterval, TimeSpan.FromDays(30));
        Positive("Routes__FreshFor", options.Routes.FreshFor, TimeSpan.FromHours(1));
        Positive("Routes__MaxStale", options.Routes.MaxStale, day);
        Require(options.Routes.MaxStale >= options.Routes.FreshFor, "Routes__MaxStale", options.Routes.MaxStale, $"set at least Gateway__Routes__FreshFor ({options.Routes.FreshFor}).");
        Positive("Secrets__FreshFor", options.Secrets.FreshFor, day);
        Require(options.Secrets.MaxStale >= options.Secrets.FreshFor, "Secrets__MaxStale", options.Secrets.MaxStale, $"set at least Gateway__Secrets__FreshFor ({options.Secrets.FreshFor}).");
        Positive("Deadlines__Connect", options.Deadlines.Connect, TimeSpan.FromMinutes(1));
        Positive("Deadlines__FirstByte", options.Deadlines.FirstByte, TimeSpan.FromMinutes(30));
        Positive("Deadlines__Total", options.Deadlines.Total, TimeSpan.FromMinutes(30));
        Positive("Deadlines__StreamIdle", options.Deadlines.StreamIdle, TimeSpan.FromMinutes(30));
        Require(options.Deadlines.StreamLongest > TimeSpan.Zero && options.Deadlines.StreamLongest < TimeSpan.FromMinutes(30), "Deadlines__StreamLongest", options.Deadlines.StreamLongest,
            "set a time above 00:00:00 and below host.json's functionTimeout of 00:30:00, which kills the worker with all its calls.");
        Positive("Streams__Heartbeat", options.Streams.Heartbeat, TimeSpan.FromMinutes(3));

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void Access(AccessSettings access, string allowedHosts, Action<bool, string, object?, string> require)
    {
        require(string.IsNullOrEmpty(access.BootstrapKey) || SecretReference.Parse(access.BootstrapKey) is SecretReference.Setting or SecretReference.Vaulted,
            "Access__BootstrapKey", "(not shown)", "set a reference to a secret, e.g. keyvault:gateway-bootstrap, never the key itself.");

        var entra = access.Entra;
        if (string.IsNullOrEmpty(entra.TenantId) && entra.Issuers.Length == 0)
        {
            return;
        }

        require(string.IsNullOrEmpty(entra.TenantId) || Guid.TryParse(entra.TenantId, out _), "Access__Entra__TenantId", entra.TenantId,
            "set the tenant's id, a GUID; 'common' and 'organizations' would let any tenant in.");
        require(entra.Audiences.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length > 0, "Access__Entra__Audiences", entra.Audiences,
            "set the audience that tokens for this gateway have, e.g. api://gateway; without it any token of the tenant would do.");
        require(!string.IsNullOrEmpty(entra.TenantId) || !string.IsNullOrEmpty(entra.KeysUrl), "Access__Entra__KeysUrl", entra.KeysUrl, "set the address where the issuer publishes its keys.");
        require(string.IsNullOrEmpty(entra.KeysUrl) || BaseAddressRule.Fault(entra.KeysUrl, allowedHosts) is null, "Access__Entra__KeysUrl", entra.KeysUrl, "set an https address.");
    }

    // An app setting of the name would serve whenever the vault has no such secret, and who may read settings is not who may read the vault.
    private bool IsInVault(GatewayOptions options) =>
        string.IsNullOrEmpty(options.Access.BootstrapKey)
        || (!(string.IsNullOrEmpty(options.KeyVault.Uri) && string.IsNullOrEmpty(options.KeyVault.WriteUri))
            && !(SecretReference.Parse(options.Access.BootstrapKey) is SecretReference.Setting named && configuration[named.Name] is { Length: > 0 }));

    private static bool IsHttps(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" };
}

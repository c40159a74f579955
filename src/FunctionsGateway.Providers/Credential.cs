namespace FunctionsGateway.Providers;

/// <summary>How a request to a provider is signed. A description: it names configuration fields and never holds a key.</summary>
public abstract record Credential
{
    private Credential()
    {
    }

    /// <summary><c>Authorization: Bearer KEY</c>, the key being the secret field <paramref name="Field"/>.</summary>
    public sealed record Bearer(string Field) : Credential;

    /// <summary>The key of the secret field <paramref name="Field"/> in the header <paramref name="Name"/>, after <paramref name="Prefix"/>.</summary>
    public sealed record Header(string Name, string Field, string Prefix = "") : Credential;

    /// <summary>AWS Signature Version 4 for <paramref name="Service"/> in <paramref name="Region"/>, with what the configuration's
    /// <paramref name="Fields"/> hold, or else with the machine's own keys.</summary>
    public sealed record AwsSignature(string Service, string Region, AwsFields Fields) : Credential
    {
        /// <summary>The app setting that holds the machine's bearer token for the service, which goes before its other keys; null where there is no such thing.</summary>
        public string? MachineToken { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"AwsSignature {{ Service = {Service}, Region = {Region} }}";
    }

    /// <summary>A Microsoft Entra token of the gateway's own identity for <paramref name="Scope"/>.</summary>
    /// <param name="Scope">What the token is for.</param>
    /// <param name="Hosts">Whose it is: it is attached to no other of the provider's own hosts. Written as <see cref="Provider.OwnHosts"/> are.</param>
    public sealed record EntraToken(string Scope, IReadOnlyList<string> Hosts) : Credential
    {
        /// <inheritdoc/>
        public override string ToString() => $"EntraToken {{ Scope = {Scope} }}";
    }

    /// <summary>A Google OAuth token for <paramref name="Scope"/> from the service account in the secret field <paramref name="Field"/>; the machine's own where the field is empty.</summary>
    public sealed record GoogleToken(string Scope, string Field) : Credential;

    /// <summary>OAuth 2.0 client credentials at <paramref name="TokenPath"/> of the base address' origin.</summary>
    public sealed record ClientCredentials(string TokenPath, string IdField, string SecretField, string Scope) : Credential;

    /// <summary>Nothing is added.</summary>
    public sealed record None : Credential;
}

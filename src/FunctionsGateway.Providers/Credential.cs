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

    /// <summary>AWS Signature Version 4 for <paramref name="Service"/> in <paramref name="Region"/>; the keys are in <c>aws_config</c>.</summary>
    public sealed record AwsSignature(string Service, string Region) : Credential;

    /// <summary>A Microsoft Entra token of the gateway's own identity for <paramref name="Scope"/>.</summary>
    public sealed record EntraToken(string Scope) : Credential;

    /// <summary>A Google OAuth token for <paramref name="Scope"/> from the service account in the secret field <paramref name="Field"/> (the ambient one when null).</summary>
    public sealed record GoogleToken(string Scope, string? Field = null) : Credential;

    /// <summary>OAuth 2.0 client credentials at <paramref name="TokenPath"/> of the base address' origin.</summary>
    public sealed record ClientCredentials(string TokenPath, string IdField, string SecretField, string Scope) : Credential;

    /// <summary>Nothing is added.</summary>
    public sealed record None : Credential;
}

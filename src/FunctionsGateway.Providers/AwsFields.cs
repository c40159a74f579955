namespace FunctionsGateway.Providers;

/// <summary>The configuration fields that a <see cref="Credential.AwsSignature"/> is made from; a dot leads into an object (<c>aws_config.aws_region</c>).</summary>
/// <param name="KeyId">The access key's id.</param>
/// <param name="Key">The access key, a secret.</param>
public sealed record AwsFields(string KeyId, string Key)
{
    /// <summary>The session token of temporary access keys, a secret; null where there is no such field.</summary>
    public string? SessionToken { get; init; }

    /// <summary>The role that is assumed (an ARN); null where none can be.</summary>
    public string? Role { get; init; }

    /// <summary>The Azure application (<c>api://…</c>) for which the gateway's own Entra token is made that the role is assumed with; null where it cannot be.</summary>
    public string? WebIdentityAudience { get; init; }

    /// <summary>What the assumed role's session is called in AWS' logs; null where that cannot be said.</summary>
    public string? SessionName { get; init; }

    /// <summary>How many seconds an assumed role lasts, 900 to 43,200; null where that cannot be said.</summary>
    public string? SessionSeconds { get; init; }

    /// <summary>The session's name where the configuration has none.</summary>
    public string DefaultSessionName { get; init; } = "ai-gateway";
}

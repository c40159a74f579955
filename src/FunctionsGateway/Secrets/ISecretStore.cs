namespace FunctionsGateway.Secrets;

/// <summary>The vaults: the operator's, which is only read, and the gateway's own.</summary>
internal interface ISecretStore
{
    /// <summary>Whether there is any vault to read.</summary>
    bool CanRead { get; }

    /// <summary>Whether the gateway has a vault of its own to write to.</summary>
    bool CanWrite { get; }

    /// <summary>Whether <paramref name="vault"/> is one of the configured vaults.</summary>
    bool Knows(Uri vault);

    /// <summary>The secret; null when there is none, or none that is enabled.</summary>
    /// <exception cref="SecretStoreException">The vault did not tell.</exception>
    Task<StoredSecret?> ReadAsync(SecretReference.Vaulted secret, CancellationToken cancellation);

    /// <summary>Writes a secret of the gateway's own, to be used for <paramref name="origin"/> only.</summary>
    /// <exception cref="SecretStoreException">The vault did not take it.</exception>
    Task WriteAsync(string name, string value, string origin, CancellationToken cancellation);

    /// <summary>Removes a secret of the gateway's own.</summary>
    /// <exception cref="SecretStoreException">The vault did not do it.</exception>
    Task RemoveAsync(string name, CancellationToken cancellation);
}

/// <summary>A secret as a vault holds it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Origin">The tag <c>gateway-origin</c>; null without it.</param>
internal sealed record StoredSecret(string Value, string? Origin)
{
    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

/// <summary>A vault that did not answer, or not with yes or no.</summary>
/// <param name="message">What happened, without the secret's name or value.</param>
/// <param name="retryAfter">How long it asks to be left alone.</param>
internal sealed class SecretStoreException(string message, TimeSpan? retryAfter = null) : Exception(message)
{
    /// <summary>How long it asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

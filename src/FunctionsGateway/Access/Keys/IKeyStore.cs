namespace FunctionsGateway.Access.Keys;

/// <summary>Where gateway keys are kept.</summary>
/// <remarks>Storage that does not answer is a <see cref="Errors.GatewayException"/> with status 503.</remarks>
internal interface IKeyStore
{
    /// <summary>The key of a public part, or null.</summary>
    Task<GatewayKey?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>At most <paramref name="most"/> keys in the order of their public parts, from behind <paramref name="after"/> on.</summary>
    Task<IReadOnlyList<GatewayKey>> ListAsync(string after, int most, CancellationToken cancellation);

    /// <summary>Adds a key.</summary>
    Task<GatewayKey> AddAsync(GatewayKey key, CancellationToken cancellation);

    /// <summary>Replaces a key on its ETag; null when it has changed or is gone.</summary>
    Task<GatewayKey?> ReplaceAsync(GatewayKey key, CancellationToken cancellation);

    /// <summary>Removes a key; false when there was none.</summary>
    Task<bool> RemoveAsync(string id, CancellationToken cancellation);
}

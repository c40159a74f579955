using System.Globalization;
using FunctionsGateway.Access.Keys;

namespace FunctionsGateway.Storage.Access;

/// <summary>Gateway keys in the process (<c>GatewayStorage=memory</c>): lost at exit.</summary>
internal sealed class MemoryKeyStore : IKeyStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, GatewayKey> _keys = new(StringComparer.Ordinal);
    private long _writes;

    /// <inheritdoc/>
    public Task<GatewayKey?> FindAsync(string id, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_keys.GetValueOrDefault(id));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<GatewayKey>> ListAsync(string after, int most, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<GatewayKey>>([.. _keys.Values.Where(key => string.CompareOrdinal(key.Id, after) > 0).Take(most)]);
        }
    }

    /// <inheritdoc/>
    public Task<GatewayKey> AddAsync(GatewayKey key, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var added = key with { ETag = NextETag() };
            _keys.Add(key.Id, added);
            return Task.FromResult(added);
        }
    }

    /// <inheritdoc/>
    public Task<GatewayKey?> ReplaceAsync(GatewayKey key, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_keys.GetValueOrDefault(key.Id)?.ETag == key.ETag ? _keys[key.Id] = key with { ETag = NextETag() } : null);
        }
    }

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_keys.Remove(id));
        }
    }

    private string NextETag() => string.Create(CultureInfo.InvariantCulture, $"\"{++_writes}\"");
}

using System.Collections.Concurrent;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Tests.Secrets;

/// <summary>Vaults in memory that count what is asked of them, and fail as they are told.</summary>
internal sealed class ScriptedVault(bool canRead = true, bool canWrite = true) : ISecretStore
{
    private int _reads;

    public ConcurrentDictionary<string, StoredSecret> Secrets { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What reads and writes fail with; null when they do not.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What reads wait for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>What happens once, when the next read has its answer.</summary>
    public Action? AfterNextRead { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public bool CanRead => canRead;

    public bool CanWrite => canWrite;

    public bool Knows(Uri vault) => vault.Host == "keys.vault.azure.net";

    public async Task<StoredSecret?> ReadAsync(SecretReference.Vaulted secret, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _reads);
        await Gate.WaitAsync(cancellation);
        var found = Failure is null ? Secrets.GetValueOrDefault(secret.Name) : throw Failure;
        (var after, AfterNextRead) = (AfterNextRead, null);
        after?.Invoke();
        return found;
    }

    public Task WriteAsync(string name, string value, string origin, CancellationToken cancellation)
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        Secrets[name] = new StoredSecret(value, origin);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string name, CancellationToken cancellation)
    {
        Secrets.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}

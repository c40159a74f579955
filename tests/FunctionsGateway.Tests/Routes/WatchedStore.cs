using FunctionsGateway.Routes;

namespace FunctionsGateway.Tests.Routes;

/// <summary>A store that counts what is asked of it, and can be down or slow.</summary>
internal sealed class WatchedStore(IRouteStore inner) : IRouteStore
{
    private int _versionReads;
    private int _finds;

    public bool IsDown { get; set; }

    /// <summary>What every reading waits for.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public List<long> ChangesAskedAfter { get; } = [];

    public int VersionReads => _versionReads;

    public int Finds => _finds;

    public async Task<RouteVersion> VersionAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref _versionReads);
        await ReachAsync();
        return await inner.VersionAsync(cancellation);
    }

    public IAsyncEnumerable<RouteChange> ChangesAsync(long after, CancellationToken cancellation)
    {
        ChangesAskedAfter.Add(after);
        return IsDown ? throw new Azure.RequestFailedException(503, "busy", "ServerBusy", null) : inner.ChangesAsync(after, cancellation);
    }

    /// <summary>What happens once, between whatever a change was planned on and its commit.</summary>
    public Func<Task>? BeforeCommit { get; set; }

    /// <summary>What happens between a commit and its answer.</summary>
    public Action AfterCommit { get; set; } = () => { };

    public async Task<GatewayRoute?> FindAsync(string name, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _finds);
        await ReachAsync();
        return await inner.FindAsync(name, cancellation);
    }

    public Task<ImportState?> FindImportAsync(string source, CancellationToken cancellation) => inner.FindImportAsync(source, cancellation);

    public async Task<RouteCommit> CommitAsync(IReadOnlyList<RouteEdit> edits, ImportState? import, CancellationToken cancellation)
    {
        if (BeforeCommit is { } before)
        {
            BeforeCommit = null;
            await before();
        }

        var commit = await inner.CommitAsync(edits, import, cancellation);
        AfterCommit();
        return commit;
    }

    public bool FailsToSweep { get; set; }

    public Task SweepAsync(DateTimeOffset before, CancellationToken cancellation) => FailsToSweep
        ? Task.FromException(new Azure.RequestFailedException(503, "busy", "ServerBusy", null))
        : inner.SweepAsync(before, cancellation);

    private async Task ReachAsync()
    {
        await Gate;
        if (IsDown)
        {
            throw new Azure.RequestFailedException(503, "https://secret.example?sig=abc", "ServerBusy", null);
        }
    }
}

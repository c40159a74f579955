using FunctionsGateway.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes;

/// <summary>The routes that this instance serves from: in memory, never older than <c>Gateway__Routes__FreshFor</c> while storage answers,
/// and never older than <c>Gateway__Routes__MaxStale</c> while it does not.</summary>
internal sealed partial class RouteBook(IRouteStore store, IOptions<GatewayOptions> options, TimeProvider time, ILogger<RouteBook> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly UnknownNames _unknown = new(store, time);
    private readonly OldRemovals _removals = new(store, time, logger);
    private readonly RouteSettings _settings = options.Value.Routes;
    private volatile Held _held = new(RouteSnapshot.Empty, 0);
    private volatile Failure? _failure;
    private Task _refresh = Task.CompletedTask;

    /// <summary>The route of this name, or null; completes synchronously, without storage and without allocation, when a fresh snapshot holds it.</summary>
    /// <exception cref="GatewayException">503: storage is down and nothing recent enough is held.</exception>
    public ValueTask<GatewayRoute?> FindAsync(string name, CancellationToken cancellation) =>
        Fresh() is { } snapshot && snapshot.Find(name) is { } route ? new(route) : new(SeekAsync(name, cancellation));

    /// <summary>A snapshot within the bounds.</summary>
    /// <exception cref="GatewayException">503: storage is down and nothing recent enough is held.</exception>
    public ValueTask<RouteSnapshot> SnapshotAsync(CancellationToken cancellation) =>
        Fresh() is { } snapshot ? new(snapshot) : new(RenewAsync(cancellation));

    /// <summary>A snapshot that was read after the call began, as far as storage answers.</summary>
    /// <exception cref="GatewayException">503: storage is down and nothing recent enough is held.</exception>
    public async ValueTask<RouteSnapshot> LatestAsync(CancellationToken cancellation)
    {
        // A reading that is under way may have begun too early.
        await Refreshing.WaitAsync(cancellation);
        return await RenewAsync(cancellation);
    }

    /// <summary>Reads the route from storage, whatever is held, and serves that from now on.</summary>
    public async Task<GatewayRoute?> ReloadAsync(string name, CancellationToken cancellation)
    {
        var route = await store.FindAsync(name, cancellation);
        if (route is not null)
        {
            Apply([RouteChange.Of(route)]);
        }

        return route;
    }

    /// <summary>Serves changes that this instance made, at once.</summary>
    public void Apply(IReadOnlyCollection<RouteChange> changes)
    {
        lock (_gate)
        {
            _held = _held with { Snapshot = _held.Snapshot.With(changes, _held.Snapshot.Version) };
        }
    }

    /// <summary>How old the routes are and whether storage answers, asked anew if nobody did within <c>FreshFor</c>.</summary>
    public async Task<RouteHealth> CheckAsync(CancellationToken cancellation)
    {
        try
        {
            await SnapshotAsync(cancellation);
        }
        catch (GatewayException)
        {
            // The state below says it.
        }

        var held = _held;
        return new RouteHealth(held.Snapshot.IsLoaded ? time.GetElapsedTime(held.ReadAt) : null, _failure?.Reason);
    }

    /// <summary>The reading under way, or the last one; for tests.</summary>
    internal Task Refreshing
    {
        get
        {
            lock (_gate)
            {
                return _refresh;
            }
        }
    }

    private RouteSnapshot? Fresh()
    {
        var held = _held;
        if (!held.Snapshot.IsLoaded)
        {
            return null;
        }

        var age = time.GetElapsedTime(held.ReadAt);
        if (age >= _settings.FreshFor)
        {
            return null;
        }

        if (age >= _settings.FreshFor / 2 && _failure is null)
        {
            _ = Refresh();
        }

        return held.Snapshot;
    }

    private async Task<RouteSnapshot> RenewAsync(CancellationToken cancellation)
    {
        var refresh = Refresh();
        // While storage is known to fail, nobody waits for it: the probe runs behind the calls.
        if (_failure is null || !IsServable)
        {
            try
            {
                await refresh.WaitAsync(Patience, time, cancellation);
            }
            catch (TimeoutException)
            {
                Fail("Storage did not answer within 2 s.");
            }
        }

        return IsServable ? _held.Snapshot : throw Unavailable();
    }

    private async Task<GatewayRoute?> SeekAsync(string name, CancellationToken cancellation)
    {
        var snapshot = await SnapshotAsync(cancellation);
        if (snapshot.Find(name) is { } known)
        {
            return known;
        }

        // A colon is in the names of what routes share, which no caller may name.
        if (name.Length is 0 or > RouteNames.Longest || name.Contains(':', StringComparison.Ordinal))
        {
            return null;
        }

        if (_failure is not null)
        {
            _ = Refresh();
            throw Unavailable();
        }

        try
        {
            var route = await _unknown.FindAsync(name, cancellation);
            if (route is not null)
            {
                Apply([RouteChange.Of(route)]);
            }

            return route;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Fail(ReasonOf(failure));
            throw Unavailable();
        }
    }

    /// <summary>The one reading that all share; it never fails, but leaves the reason behind.</summary>
    private Task Refresh()
    {
        lock (_gate)
        {
            if (_refresh.IsCompleted && !(_failure is { } failure && time.GetElapsedTime(failure.At) < ProbeInterval))
            {
                _refresh = Task.Run(ReadAsync);
            }

            return _refresh;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            var readAt = time.GetTimestamp();
            var version = await store.VersionAsync(CancellationToken.None);
            var known = _held.Snapshot;
            var isAnew = !known.IsLoaded || known.Version < version.Floor || known.Version > version.Number;
            var changes = isAnew || version.Number > known.Version ? await ChangesAsync(isAnew ? -1 : known.Version) : [];
            lock (_gate)
            {
                var snapshot = _held.Snapshot;
                _held = new Held(isAnew ? snapshot.Anew(changes, version.Number) : snapshot.With(changes, version.Number), readAt);
            }

            if (_failure is not null)
            {
                LogRecovered();
                _failure = null;
            }

            // Behind the reading: whatever becomes of it says nothing of the routes.
            _ = _removals.ForgetAsync(changes);
        }
        catch (Exception failure)
        {
            Fail(ReasonOf(failure));
        }
    }

    private async Task<List<RouteChange>> ChangesAsync(long after)
    {
        var changes = new List<RouteChange>();
        await foreach (var change in store.ChangesAsync(after, CancellationToken.None))
        {
            changes.Add(change);
        }

        return changes;
    }

    private bool IsServable => _held is { Snapshot.IsLoaded: true } held && time.GetElapsedTime(held.ReadAt) <= _settings.MaxStale;

    private void Fail(string reason)
    {
        if (_failure is null)
        {
            LogFailed(reason);
        }

        _failure = new Failure(time.GetTimestamp(), reason);
    }

    // The message of a storage exception may hold an address with a signature; its code does not.
    private static string ReasonOf(Exception failure) => failure is Azure.RequestFailedException request
        ? $"Storage answered {request.Status} {request.ErrorCode}."
        : $"Storage could not be read ({failure.GetType().Name}).";

    private GatewayException Unavailable() =>
        new(503, $"Routes cannot be read and no copy is recent enough. {_failure?.Reason}".TrimEnd()) { RetryAfter = ProbeInterval, Code = "TEMPORARILY_UNAVAILABLE" };

    [LoggerMessage(Level = LogLevel.Error, Message = "Routes cannot be refreshed: {Reason} Known routes are served from memory.")]
    private partial void LogFailed(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Routes are fresh again.")]
    private partial void LogRecovered();

    private sealed record Held(RouteSnapshot Snapshot, long ReadAt);

    private sealed record Failure(long At, string Reason);
}

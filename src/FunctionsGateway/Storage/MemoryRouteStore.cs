using System.Globalization;
using System.Runtime.CompilerServices;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Storage;

/// <summary>Routes in the process (<c>GatewayStorage=memory</c>): one instance, lost at exit.</summary>
internal sealed class MemoryRouteStore(TimeProvider time) : IRouteStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RouteChange> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImportState> _imports = new(StringComparer.Ordinal);
    private RouteVersion _version;
    private long _writes;

    public Task<RouteVersion> VersionAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_version);
        }
    }

    public async IAsyncEnumerable<RouteChange> ChangesAsync(long after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        RouteChange[] rows;
        lock (_gate)
        {
            rows = [.. _rows.Values.Where(row => row.Version > after)];
        }

        foreach (var row in rows)
        {
            yield return row;
        }

        await Task.CompletedTask;
    }

    public Task<GatewayRoute?> FindAsync(string name, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_rows.GetValueOrDefault(name)?.Route);
        }
    }

    public Task<ImportState?> FindImportAsync(string source, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_imports.GetValueOrDefault(source));
        }
    }

    public Task<RouteCommit> CommitAsync(IReadOnlyList<RouteEdit> edits, ImportState? import, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(Commit(edits, import));
        }
    }

    public Task SweepAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        lock (_gate)
        {
            foreach (var row in _rows.Values.Where(row => row.Route is null && row.At < before).ToArray())
            {
                _rows.Remove(row.Name);
                _version = _version with { Floor = Math.Max(_version.Floor, row.Version) };
            }
        }

        return Task.CompletedTask;
    }

    private RouteCommit Commit(IReadOnlyList<RouteEdit> edits, ImportState? import)
    {
        if (import is not null && _imports.GetValueOrDefault(import.Source)?.ETag != import.ETag)
        {
            return RouteCommit.Lost("");
        }

        if (edits.FirstOrDefault(edit => !Fits(edit)) is { } unfit)
        {
            return RouteCommit.Lost(unfit.Name);
        }

        if (edits.Count > 0)
        {
            _version = _version with { Number = _version.Number + 1 };
        }

        var changes = edits.Select((edit, place) => Row(edit, place)).ToArray();
        foreach (var change in changes)
        {
            _rows[change.Name] = change;
        }

        if (import is not null)
        {
            _imports[import.Source] = import = import with { ETag = NextETag() };
        }

        return new RouteCommit(changes, import);
    }

    private bool Fits(RouteEdit edit)
    {
        var row = _rows.GetValueOrDefault(edit.Name);
        return edit.ETag is null ? row?.Route is null : row?.ETag == edit.ETag;
    }

    private RouteChange Row(RouteEdit edit, int place)
    {
        var etag = NextETag();
        return new RouteChange(edit.Name, _version.Number, edit.At(_version.Number, place) is { } route ? route with { ETag = etag } : null, etag, time.GetUtcNow());
    }

    private string NextETag() => string.Create(CultureInfo.InvariantCulture, $"\"{++_writes}\"");
}

using FunctionsGateway.Routes.Management;

namespace FunctionsGateway.Routes;

/// <summary>All routes as this instance knows them; never changed, only replaced.</summary>
internal sealed class RouteSnapshot
{
    private readonly Dictionary<string, GatewayRoute> _routes;
    private readonly Dictionary<string, long> _removed;
    private GatewayRoute[]? _ordered;

    private RouteSnapshot(long version, Dictionary<string, GatewayRoute> routes, Dictionary<string, long> removed)
    {
        Version = version;
        _routes = routes;
        _removed = removed;
    }

    /// <summary>Before anything was read.</summary>
    public static RouteSnapshot Empty { get; } = new(-1, new(StringComparer.Ordinal), new(StringComparer.Ordinal));

    /// <summary>Every change up to this number is in; some beyond it may be.</summary>
    public long Version { get; }

    /// <summary>Whether it was ever read from the store.</summary>
    public bool IsLoaded => Version >= 0;

    /// <summary>The routes in creation order, imported ones first and in the order of their file.</summary>
    public IReadOnlyList<GatewayRoute> InOrder => _ordered ??=
        [.. _routes.Values.Where(route => route.Kind == RowKind.Route).OrderBy(route => route.Sequence).ThenBy(route => route.Name, StringComparer.Ordinal)];

    /// <summary>The route of this name, or null.</summary>
    public GatewayRoute? Find(string name) => _routes.GetValueOrDefault(name) is { Kind: RowKind.Route } route ? route : null;

    /// <summary>The model definitions and secrets that have rows of their own.</summary>
    public IEnumerable<GatewayRoute> Managed => _routes.Values.Where(route => route.Kind != RowKind.Route);

    /// <summary>This snapshot with <paramref name="changes"/>, of which those that it already knows, or knows newer, change nothing.</summary>
    public RouteSnapshot With(IReadOnlyCollection<RouteChange> changes, long version)
    {
        if (changes.Count == 0 && version == Version)
        {
            return this;
        }

        var routes = new Dictionary<string, GatewayRoute>(_routes, StringComparer.Ordinal);
        var removed = new Dictionary<string, long>(_removed, StringComparer.Ordinal);
        foreach (var change in changes)
        {
            Take(change, routes, removed);
        }

        return new RouteSnapshot(version, routes, Above(version, removed));
    }

    /// <summary>A snapshot of everything that the store held at <paramref name="version"/>, and of what this one knows beyond it.</summary>
    public RouteSnapshot Anew(IReadOnlyCollection<RouteChange> all, long version)
    {
        var routes = new Dictionary<string, GatewayRoute>(all.Count, StringComparer.Ordinal);
        // A store whose number went back is another store: what is known of the old one says nothing.
        var isSameStore = version >= Version;
        if (isSameStore)
        {
            foreach (var route in _routes.Values.Where(route => route.Version > version))
            {
                routes[route.Name] = route;
            }
        }

        var removed = isSameStore ? Above(version, _removed) : new(StringComparer.Ordinal);
        foreach (var change in all)
        {
            Take(change, routes, removed);
        }

        return new RouteSnapshot(version, routes, Above(version, removed));
    }

    // Removals are remembered only while an older reading may still arrive and would bring the route back. Always a copy: the caller writes into it.
    private static Dictionary<string, long> Above(long version, Dictionary<string, long> removed) =>
        removed.Where(entry => entry.Value > version).ToDictionary(StringComparer.Ordinal);

    private static void Take(RouteChange change, Dictionary<string, GatewayRoute> routes, Dictionary<string, long> removed)
    {
        if ((routes.TryGetValue(change.Name, out var known) && known.Version >= change.Version)
            || (removed.TryGetValue(change.Name, out var gone) && gone >= change.Version))
        {
            return;
        }

        if (change.Route is null)
        {
            routes.Remove(change.Name);
            removed[change.Name] = change.Version;
        }
        else
        {
            removed.Remove(change.Name);
            routes[change.Name] = change.Route;
        }
    }
}

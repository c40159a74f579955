namespace FunctionsGateway.Routes;

/// <summary>Where routes are kept, shared by all instances: every change raises one version number, so that a reader asks one row
/// whether anything changed and then fetches only what did (spec/decisions.md §2).</summary>
internal interface IRouteStore
{
    /// <summary>The version now; (0, 0) when nothing was ever stored.</summary>
    Task<RouteVersion> VersionAsync(CancellationToken cancellation);

    /// <summary>Every row, removed ones included, whose last change has a number above <paramref name="after"/>; in no order.</summary>
    IAsyncEnumerable<RouteChange> ChangesAsync(long after, CancellationToken cancellation);

    /// <summary>The route of this name as it is stored now, or null.</summary>
    Task<GatewayRoute?> FindAsync(string name, CancellationToken cancellation);

    /// <summary>The state of the imports of a configuration source, or null before the first.</summary>
    Task<ImportState?> FindImportAsync(string source, CancellationToken cancellation);

    /// <summary>Makes all of the changes, or none; the version rises by one, unless there is no edit. A change whose outcome was unknown at first is reported as what it became.</summary>
    /// <param name="edits">At most 98, each of another name.</param>
    /// <param name="import">The import's state to write with them on its ETag, so that a lease that was lost changes nothing; null outside imports.</param>
    /// <param name="cancellation">Cancels the wait, not a write that has been sent.</param>
    Task<RouteCommit> CommitAsync(IReadOnlyList<RouteEdit> edits, ImportState? import, CancellationToken cancellation);

    /// <summary>Forgets removals before <paramref name="before"/>; instances whose version lies below the new floor load everything anew.</summary>
    Task SweepAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>How far the stored routes are.</summary>
/// <param name="Number">Rises by one with each commit.</param>
/// <param name="Floor">The highest version of a removal that has been forgotten.</param>
internal readonly record struct RouteVersion(long Number, long Floor);

/// <summary>What became of one name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Version">The number of the change.</param>
/// <param name="Route">The route; null when it was removed.</param>
/// <param name="ETag">The row's ETag, a removed route's included.</param>
/// <param name="At">When it was changed.</param>
internal sealed record RouteChange(string Name, long Version, GatewayRoute? Route, string ETag, DateTimeOffset At)
{
    /// <summary>The change that <paramref name="route"/> shows.</summary>
    public static RouteChange Of(GatewayRoute route) => new(route.Name, route.Version, route, route.ETag, route.Updated);
}

/// <summary>A change to make.</summary>
/// <param name="Name">The route.</param>
/// <param name="Route">What it becomes; null removes it. The store fills in version, ETag, a sequence of 0, and the limits' version.</param>
/// <param name="ETag">The ETag that the row, or what a removed route left, must still have; null when the name must be free.</param>
/// <param name="LimitsChanged">Whether the limits count as changed (a creation always does).</param>
internal sealed record RouteEdit(string Name, GatewayRoute? Route, string? ETag, bool LimitsChanged = false)
{
    /// <summary>The first sequence of routes made through the API; below lie the positions in a file.</summary>
    public const long FirstOwnSequence = 1L << 32;

    /// <summary>The route as it is stored by the commit with this number, as the edit at this place.</summary>
    public GatewayRoute? At(long version, int place) => Route is null ? null : Route with
    {
        Version = version,
        Sequence = Route.Sequence != 0 ? Route.Sequence : FirstOwnSequence + (version * 128) + place,
        LimitsVersion = LimitsChanged || ETag is null ? version : Route.LimitsVersion,
    };
}

/// <summary>The outcome of a commit.</summary>
/// <param name="Changes">The rows as stored, in the order of the edits; empty when it was refused.</param>
/// <param name="Import">The import's state as stored.</param>
/// <param name="Refused">The name whose row had changed, or was not free; an empty text for the import's own state; null when all was written.</param>
internal sealed record RouteCommit(IReadOnlyList<RouteChange> Changes, ImportState? Import, string? Refused = null)
{
    /// <summary>Nothing was written.</summary>
    public static RouteCommit Lost(string name) => new([], null, name);
}

/// <summary>How far the imports of one configuration source are, and who is at it.</summary>
/// <param name="Source"><c>Gateway__ConfigSource</c>.</param>
/// <param name="Hash">What is being, or was last, imported.</param>
/// <param name="Applied">What was imported completely; null while an import is under way.</param>
/// <param name="Owner">The instance that holds the lease; null when none does.</param>
/// <param name="Until">When the lease ends.</param>
/// <param name="ETag">The row's ETag; null when there is no row yet.</param>
internal sealed record ImportState(string Source, string Hash, string? Applied, string? Owner, DateTimeOffset Until, string? ETag);

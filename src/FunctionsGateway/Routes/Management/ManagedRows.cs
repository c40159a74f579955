using FunctionsGateway.Errors;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Routes.Management;

/// <summary>Reads and changes the rows of the third generation's management; what it did is served by this instance at once.</summary>
internal sealed class ManagedRows(IRouteStore store, RouteBook book, KeyKeeper keeper, Func<string, Provider?> find)
{
    // What one transaction takes beside the version row.
    private const int Batch = 98;
    private const int Tries = 32;

    /// <summary>Everything as it is now.</summary>
    public async Task<Shelf> ReadAsync(CancellationToken cancellation) => new(await book.LatestAsync(cancellation), find);

    /// <summary>Makes the changes that <paramref name="plan"/> finds necessary; planned anew when a row changed meanwhile.</summary>
    /// <remarks>The gateway's own secrets go with the last row that has a share in them.</remarks>
    /// <returns>Everything as it is then.</returns>
    public async Task<Shelf> ChangeAsync(Func<Shelf, IReadOnlyList<RouteEdit>> plan, CancellationToken cancellation)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var shelf = await ReadAsync(cancellation);
            var edits = plan(shelf);
            var touched = shelf.OwnSecretsOf(edits.Select(edit => edit.Name));
            touched.SymmetricExceptWith(edits.SelectMany(edit => edit.Route?.OwnSecrets ?? []));
            if (await CommitAsync(edits, touched, cancellation))
            {
                await keeper.SettleAsync(touched);
                return new Shelf(await book.SnapshotAsync(cancellation), find);
            }
        }

        throw new GatewayException(503, "The rows are being changed by many callers at once; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>The edit that makes <paramref name="changed"/> of <paramref name="stored"/>; a name that changed is two.</summary>
    /// <exception cref="GatewayException">409: the configuration file owns the row.</exception>
    public static IEnumerable<RouteEdit> Edit(GatewayRoute stored, GatewayRoute changed)
    {
        RequireOwn(stored);
        return stored.Name == changed.Name
            ? [new RouteEdit(stored.Name, changed, stored.ETag)]
            : [new RouteEdit(stored.Name, null, stored.ETag), new RouteEdit(changed.Name, changed with { Sequence = stored.Sequence }, ETag: null)];
    }

    /// <summary>The edit that removes <paramref name="stored"/>.</summary>
    public static RouteEdit Remove(GatewayRoute stored)
    {
        RequireOwn(stored);
        return new RouteEdit(stored.Name, null, stored.ETag);
    }

    private static void RequireOwn(GatewayRoute stored)
    {
        if (stored.Source is { } source)
        {
            throw new GatewayException(409, $"Endpoint '{stored.Name}' comes from the configuration file (source '{source}'); change it there.") { Code = "INVALID_STATE" };
        }
    }

    private async Task<bool> CommitAsync(IReadOnlyList<RouteEdit> edits, IReadOnlyCollection<string> touched, CancellationToken cancellation)
    {
        try
        {
            foreach (var batch in edits.Chunk(Batch))
            {
                var commit = await store.CommitAsync(batch, import: null, cancellation);
                if (commit.Refused is not null)
                {
                    return false;
                }

                book.Apply(commit.Changes);
            }

            return true;
        }
        catch
        {
            // The change may have been made all the same.
            await keeper.SettleAsync(touched);
            throw;
        }
    }
}

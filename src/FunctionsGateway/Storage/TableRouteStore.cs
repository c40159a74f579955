using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Storage;

/// <summary>Routes in Table Storage. Each commit is one entity-group transaction that also raises the version row on its ETag.</summary>
/// <param name="table">Table <c>routes</c>; the first commit makes it.</param>
/// <param name="time">The clock.</param>
/// <param name="dice">Spreads the tries of instances that meet.</param>
/// <param name="logger">The log.</param>
internal sealed partial class TableRouteStore(TableClient table, TimeProvider time, Dice dice, ILogger<TableRouteStore> logger) : IRouteStore, IDisposable
{
    private const int Tries = 40;
    private const int SweepBatch = 99;

    // Instances meet at the version row; callers of one instance need not.
    private readonly SemaphoreSlim _turn = new(1);

    public async Task<RouteVersion> VersionAsync(CancellationToken cancellation) => Version(await RowAsync(RouteRow.VersionKey, cancellation));

    public async IAsyncEnumerable<RouteChange> ChangesAsync(long after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var rows = table.QueryAsync<TableEntity>(RouteRow.ChangedAfter(after), cancellationToken: cancellation).GetAsyncEnumerator(cancellation);
        while (await NextAsync(rows))
        {
            if (Read(rows.Current) is { } change)
            {
                yield return change;
            }
        }
    }

    public async Task<GatewayRoute?> FindAsync(string name, CancellationToken cancellation) =>
        await RowAsync(RouteRow.Key(name), cancellation) is { } row ? Read(row)?.Route : null;

    public async Task<ImportState?> FindImportAsync(string source, CancellationToken cancellation) =>
        await RowAsync(RouteRow.ImportKey(source), cancellation) is { } row ? RouteRow.ReadImport(row) : null;

    public async Task<RouteCommit> CommitAsync(IReadOnlyList<RouteEdit> edits, ImportState? import, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            return await CommitInTurnAsync(edits, import, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task SweepAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        if (await RowAsync(RouteRow.VersionKey, cancellation) is not { } version)
        {
            return;
        }

        var removed = new List<TableEntity>();
        await foreach (var row in table.QueryAsync<TableEntity>(RouteRow.RemovedBefore(before), SweepBatch, cancellationToken: cancellation))
        {
            removed.Add(row);
            if (removed.Count == SweepBatch)
            {
                break;
            }
        }

        if (removed.Count == 0)
        {
            return;
        }

        version["Floor"] = Math.Max(Version(version).Floor, removed.Max(row => row.GetInt64("Version") ?? 0));
        try
        {
            await table.SubmitTransactionAsync(
                [
                    new TableTransactionAction(TableTransactionActionType.UpdateReplace, version, version.ETag),
                    .. removed.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)),
                ],
                cancellation);
        }
        catch (TableTransactionFailedException)
        {
            // Someone changed routes meanwhile; the next sweep finds the rest.
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<RouteCommit> CommitInTurnAsync(IReadOnlyList<RouteEdit> edits, ImportState? import, CancellationToken cancellation)
    {
        var mark = GatewayIds.New();
        var graves = new ETag?[edits.Count];
        for (var tries = 0; ; tries++)
        {
            var version = edits.Count > 0 ? await RowAsync(RouteRow.VersionKey, cancellation) : null;
            var number = Version(version).Number + 1;
            var written = edits.Select((edit, place) => edit.At(number, place)).ToArray();
            var now = time.GetUtcNow();
            var actions = edits.Select((edit, place) =>
                Write(RouteRow.Write(edit.Name, written[place], number, mark, now), edit.ETag is { } etag ? new ETag(etag) : graves[place])).ToList();
            if (import is not null)
            {
                actions.Insert(0, Write(RouteRow.Write(import), import.ETag is { } etag ? new ETag(etag) : null));
            }

            if (edits.Count > 0)
            {
                var next = new TableEntity(RouteRow.Partition, RouteRow.VersionKey) { ["Number"] = number, ["Floor"] = Version(version).Floor };
                actions.Insert(0, Write(next, version?.ETag));
            }

            try
            {
                // Who left must not leave a row behind that this instance does not know of.
                var answers = (await table.SubmitTransactionAsync(actions, CancellationToken.None)).Value;
                var etags = answers.Select(answer => answer.Headers.ETag.ToString() ?? "").ToArray()[^actions.Count..];
                var first = actions.Count - edits.Count;
                return new RouteCommit(
                    [.. edits.Select((edit, place) => new RouteChange(edit.Name, number, written[place] is { } route ? route with { ETag = etags[first + place] } : null, etags[first + place], now))],
                    import is null ? null : import with { ETag = etags[first - 1] });
            }
            catch (RequestFailedException refusal) when (refusal.Status == 404 && refusal.ErrorCode == TableErrorCode.TableNotFound && tries == 0)
            {
                await table.CreateIfNotExistsAsync(cancellation);
            }
            catch (TableTransactionFailedException refusal) when (refusal.Status is 404 or 409 or 412)
            {
                var at = (refusal.FailedTransactionActionIndex ?? 0) - (actions.Count - edits.Count);
                if (at < 0 && (import is null || at < -1))
                {
                    await MeetAsync(tries, cancellation);
                }
                else if (await IsOursAsync(edits, import, mark, CancellationToken.None) is { } done)
                {
                    return done;
                }
                else if (at < 0)
                {
                    return RouteCommit.Lost("");
                }
                else if (edits[at] is { ETag: null } edit && await RowAsync(RouteRow.Key(edit.Name), cancellation) is var row && row?.GetBoolean("Removed") != false)
                {
                    graves[at] = row?.ETag;
                }
                else
                {
                    return RouteCommit.Lost(edits[at].Name);
                }
            }
        }
    }

    // The client repeats a request whose answer was lost, and then meets its own success.
    private async Task<RouteCommit?> IsOursAsync(IReadOnlyList<RouteEdit> edits, ImportState? import, string mark, CancellationToken cancellation)
    {
        var rows = new List<RouteChange>();
        foreach (var edit in edits)
        {
            if (await RowAsync(RouteRow.Key(edit.Name), cancellation) is not { } row || row.GetString("Mark") != mark)
            {
                return null;
            }

            rows.Add(RouteRow.Read(row));
        }

        var state = import is null ? null : await FindImportAsync(import.Source, cancellation);
        return import is null || state == import with { ETag = state?.ETag } ? new RouteCommit(rows, state) : null;
    }

    private Task MeetAsync(int tries, CancellationToken cancellation) => tries < Tries
        ? Task.Delay(TimeSpan.FromMilliseconds(dice() * Math.Min(1000, 10 << Math.Min(tries, 7))), time, cancellation)
        : throw new GatewayException(503, "Too many instances change routes at once; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private RouteChange? Read(TableEntity row)
    {
        try
        {
            return RouteRow.Read(row);
        }
        catch (JsonException fault)
        {
            LogUnreadable(row.RowKey, fault);
            return null;
        }
    }

    private async Task<TableEntity?> RowAsync(string key, CancellationToken cancellation)
    {
        try
        {
            var row = await table.GetEntityIfExistsAsync<TableEntity>(RouteRow.Partition, key, cancellationToken: cancellation);
            return row.HasValue ? row.Value : null;
        }
        catch (RequestFailedException refusal) when (refusal.Status == 404)
        {
            return null;
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<TableEntity> rows)
    {
        try
        {
            return await rows.MoveNextAsync();
        }
        catch (RequestFailedException refusal) when (refusal.Status == 404)
        {
            return false;
        }
    }

    private static RouteVersion Version(TableEntity? row) => row is null ? default : new(row.GetInt64("Number") ?? 0, row.GetInt64("Floor") ?? 0);

    private static TableTransactionAction Write(TableEntity row, ETag? etag) => etag is { } known
        ? new(TableTransactionActionType.UpdateReplace, row, known)
        : new(TableTransactionActionType.Add, row);

    [LoggerMessage(Level = LogLevel.Error, Message = "Row {Key} of table routes cannot be read and is left out.")]
    private partial void LogUnreadable(string key, Exception fault);
}

using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Storage.Access;

/// <summary>Gateway keys in Table Storage: one partition, a row for each public part.</summary>
/// <param name="table">Table <c>keys</c>; the first key makes it.</param>
internal sealed class TableKeyStore(TableClient table) : IKeyStore
{
    private const string Partition = "keys";

    /// <inheritdoc/>
    public Task<GatewayKey?> FindAsync(string id, CancellationToken cancellation) => AskAsync(async () =>
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(Partition, id, cancellationToken: cancellation);
        return row.HasValue ? Read(row.Value!) : null;
    }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<GatewayKey>> ListAsync(string after, int most, CancellationToken cancellation) => AskAsync<IReadOnlyList<GatewayKey>>(async () =>
    {
        var keys = new List<GatewayKey>();
        try
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey gt {after}");
            await foreach (var row in table.QueryAsync<TableEntity>(filter, Math.Min(most, 1_000), cancellationToken: cancellation))
            {
                keys.Add(Read(row));
                if (keys.Count == most)
                {
                    break;
                }
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // No table yet, so no keys.
        }

        return keys;
    }, cancellation);

    /// <inheritdoc/>
    public Task<GatewayKey> AddAsync(GatewayKey key, CancellationToken cancellation) => AskAsync(async () =>
    {
        while (true)
        {
            try
            {
                var answer = await table.AddEntityAsync(Row(key), cancellation);
                return key with { ETag = answer.Headers.ETag.ToString() ?? "" };
            }
            catch (RequestFailedException missing) when (missing.Status == 404 && missing.ErrorCode == TableErrorCode.TableNotFound)
            {
                await table.CreateIfNotExistsAsync(cancellation);
            }
            catch (RequestFailedException taken) when (taken.Status == 409 && taken.ErrorCode == TableErrorCode.EntityAlreadyExists)
            {
                // The client repeats a request whose answer was lost, and then meets its own success.
                return await FindAsync(key.Id, cancellation) is { } stored && stored.Hash.Value.AsSpan().SequenceEqual(key.Hash.Value) ? stored : throw Unavailable();
            }
        }
    }, cancellation);

    /// <inheritdoc/>
    public Task<GatewayKey?> ReplaceAsync(GatewayKey key, CancellationToken cancellation) => AskAsync(async () =>
    {
        try
        {
            var answer = await table.UpdateEntityAsync(Row(key), new ETag(key.ETag), TableUpdateMode.Replace, cancellation);
            return key with { ETag = answer.Headers.ETag.ToString() ?? "" };
        }
        catch (RequestFailedException changed) when (changed.Status is 404 or 412)
        {
            return null;
        }
    }, cancellation);

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellation) => AskAsync(async () =>
    {
        if (await FindAsync(id, cancellation) is null)
        {
            return false;
        }

        await table.DeleteEntityAsync(Partition, id, ETag.All, cancellation);
        return true;
    }, cancellation);

    private static TableEntity Row(GatewayKey key) => new(Partition, key.Id) { ["Json"] = KeyJson.Write(key) };

    private static GatewayKey Read(TableEntity row) => KeyJson.Read(row.GetString("Json")!, row.ETag.ToString());

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        try
        {
            return await ask();
        }
        catch (Exception failure) when (failure is RequestFailedException or Azure.Identity.AuthenticationFailedException or AggregateException
            || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Unavailable();
        }
    }

    private static GatewayException Unavailable() => new(503, "The storage of keys does not answer.") { Code = "storage_unavailable", RetryAfter = TimeSpan.FromSeconds(1) };
}

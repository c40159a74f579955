using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FunctionsGateway.Storage;

/// <summary>The health of targets in the process.</summary>
internal sealed class MemoryHealthStore(TimeProvider time) : IHealthStore
{
    private readonly ConcurrentDictionary<string, TargetRest> _rests = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TargetRest>> ReadAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<TargetRest>>([.. _rests.Values.Where(rest => rest.Until > time.GetUtcNow())]);

    /// <inheritdoc/>
    public Task WriteAsync(TargetRest rest, CancellationToken cancellation)
    {
        _rests[rest.Key] = rest;
        foreach (var over in _rests.Where(known => known.Value.Until <= time.GetUtcNow()))
        {
            _rests.TryRemove(over);
        }

        return Task.CompletedTask;
    }
}

/// <summary>The health of targets in table <c>health</c>: one partition, one row per target, each with its expiry.</summary>
internal sealed class TableHealthStore(TableClient table, TimeProvider time) : IHealthStore
{
    private const string Partition = "health";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TargetRest>> ReadAsync(CancellationToken cancellation)
    {
        var rests = new List<TargetRest>();
        try
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and Until gt {time.GetUtcNow()}");
            await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellation))
            {
                rests.Add(new TargetRest(row.RowKey, row.GetDateTimeOffset("Until") ?? DateTimeOffset.UnixEpoch));
            }
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            // Nobody has made the table yet, so nobody rests.
        }

        return rests;
    }

    /// <inheritdoc/>
    public async Task WriteAsync(TargetRest rest, CancellationToken cancellation)
    {
        var row = new TableEntity(Partition, rest.Key) { ["Until"] = rest.Until };
        try
        {
            await table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellation);
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            await table.CreateIfNotExistsAsync(cancellation);
            await table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellation);
        }

        await SweepAsync(cancellation);
    }

    // Writes are rare, so that whoever writes clears away what is over, his own recovery included: nobody reads it any more.
    private async Task SweepAsync(CancellationToken cancellation)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and Until le {time.GetUtcNow()}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancellation))
        {
            try
            {
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, cancellation);
            }
            catch (RequestFailedException failure) when (failure.Status is 404 or 412)
            {
                // Another instance was quicker, or the target rests again.
            }
        }
    }
}

/// <summary>Registers the store of health.</summary>
internal static class HealthStoreServices
{
    /// <summary>Adds it where the routes are kept.</summary>
    public static IServiceCollection AddHealthStore(this IServiceCollection services)
    {
        services.TryAddSingleton(Store);
        return services;
    }

    private static IHealthStore Store(IServiceProvider services)
    {
        var (connection, time) = (services.GetRequiredService<StorageConnection>(), services.GetRequiredService<TimeProvider>());
        return connection.IsMemory ? new MemoryHealthStore(time) : new TableHealthStore(connection.Tables().GetTableClient("health"), time);
    }
}

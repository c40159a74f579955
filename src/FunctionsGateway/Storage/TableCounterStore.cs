using System.Net.Http;
using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using FunctionsGateway.Limits.Counting;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Storage;

/// <summary>Counters in Table Storage: every counter is a partition of one row, so that each has a partition's whole throughput.</summary>
/// <param name="table">Table <c>counters</c>, of a client that does not retry (<see cref="Impatient"/>); the first write makes it.</param>
/// <param name="time">The clocks.</param>
/// <param name="logger">The log.</param>
internal sealed partial class TableCounterStore(TableClient table, TimeProvider time, ILogger<TableCounterStore> logger) : ICounterStore
{
    private const string SweepPartition = "sweep";

    /// <summary>No retry: a repeated conditional write cannot tell its own success from another's. And no long wait: callers have two seconds.</summary>
    public static TableClientOptions Impatient()
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(2);
        return options;
    }

    /// <inheritdoc/>
    public async ValueTask<StoreAnswer> ReadAsync(CounterIdentity counter)
    {
        var sent = time.GetTimestamp();
        try
        {
            var found = await table.GetEntityIfExistsAsync<TableEntity>(counter.PartitionKey(), CounterRow.RowKey);
            var mark = Mark(found.GetRawResponse(), sent);
            return mark.Date is null ? new StoreAnswer.NotSent(mark)
                : found.HasValue ? new StoreAnswer.Lost(CounterRow.Read(found.Value!, counter), found.Value!.ETag.ToString(), mark)
                : new StoreAnswer.Lost(null, "", mark);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == TableErrorCode.TableNotFound && missing.GetRawResponse() is { } response)
        {
            return new StoreAnswer.Lost(null, "", Mark(response, sent));
        }
        catch (Exception fault) when (IsStorageFault(fault))
        {
            LogFailed(fault, "read", counter.Route);
            return new StoreAnswer.NotSent(Mark(null, sent));
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> AddAsync(CounterIdentity counter, LimitWindow row) =>
        WriteAsync(counter, () => table.AddEntityAsync(CounterRow.Write(counter, row)));

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> ReplaceAsync(CounterIdentity counter, LimitWindow row, string etag) =>
        WriteAsync(counter, () => table.UpdateEntityAsync(CounterRow.Write(counter, row), new ETag(etag), TableUpdateMode.Replace));

    /// <inheritdoc/>
    public async Task<int> SweepAsync(DateTimeOffset earliest, TimeSpan interval, CancellationToken cancellation)
    {
        if (!await IsElectedAsync(earliest, interval, cancellation))
        {
            return 0;
        }

        var swept = 0;
        var filter = TableClient.CreateQueryFilter($"RowKey eq {CounterRow.RowKey} and Debt eq {0L} and Over le {earliest}");
        await foreach (var row in table.QueryAsync<TableEntity>(filter, select: ["PartitionKey", "RowKey"], cancellationToken: cancellation))
        {
            try
            {
                await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, row.ETag, cancellation);
                swept++;
            }
            catch (RequestFailedException changed) when (changed.Status is 404 or 412)
            {
                // Somebody uses it again.
            }
        }

        return swept;
    }

    private async Task<bool> IsElectedAsync(DateTimeOffset earliest, TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            var last = await table.GetEntityIfExistsAsync<TableEntity>(SweepPartition, CounterRow.RowKey, cancellationToken: cancellation);
            var next = new TableEntity(SweepPartition, CounterRow.RowKey) { ["Swept"] = earliest };
            if (!last.HasValue)
            {
                await table.AddEntityAsync(next, cancellation);
                return true;
            }

            if (last.Value!.GetDateTimeOffset("Swept") + interval > earliest)
            {
                return false;
            }

            await table.UpdateEntityAsync(next, last.Value.ETag, TableUpdateMode.Replace, cancellation);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    private async ValueTask<StoreAnswer> WriteAsync(CounterIdentity counter, Func<Task<Response>> write)
    {
        var sent = time.GetTimestamp();
        try
        {
            var response = await write();
            return new StoreAnswer.Won(response.Headers.ETag?.ToString() ?? "", Mark(response, sent));
        }
        catch (RequestFailedException noTable) when (noTable.ErrorCode == TableErrorCode.TableNotFound)
        {
            return await CreateTableAsync() ? await WriteAsync(counter, write) : new StoreAnswer.NotSent(Mark(null, sent));
        }
        catch (RequestFailedException lost) when (lost.Status is 404 or 409 or 412)
        {
            return await ReadAsync(counter);
        }
        catch (Exception fault) when (IsStorageFault(fault))
        {
            LogFailed(fault, "written", counter.Route);
            var mark = Mark(null, sent);
            return IsCertainlyNotWritten(fault) ? new StoreAnswer.NotSent(mark) : new StoreAnswer.Unknown(mark);
        }
    }

    private async Task<bool> CreateTableAsync()
    {
        try
        {
            await table.CreateIfNotExistsAsync();
            return true;
        }
        catch (Exception fault) when (IsStorageFault(fault))
        {
            LogFailed(fault, "created", table.Name);
            return false;
        }
    }

    // Also what a body that was cut short, a row that is no counter's, or the client itself may throw: this store answers, whatever happens.
    private static bool IsStorageFault(Exception fault) => fault is not OutOfMemoryException;

    private static bool IsCertainlyNotWritten(Exception fault) => fault switch
    {
        RequestFailedException { Status: >= 400 and < 500 and not 408 } => true,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        { InnerException: { } inner } => IsCertainlyNotWritten(inner),
        _ => false,
    };

    private StoreMark Mark(Response? response, long sent) => new(response?.Headers.Date, sent, time.GetTimestamp());

    [LoggerMessage(Level = LogLevel.Warning, Message = "A limit counter could not be {Verb} ({Route})")]
    private partial void LogFailed(Exception fault, string verb, string route);
}

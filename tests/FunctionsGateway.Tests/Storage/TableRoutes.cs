using Azure.Core.Pipeline;
using Azure.Data.Tables;
using FunctionsGateway.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Storage;

/// <summary>Route stores over a table of a test.</summary>
internal static class TableRoutes
{
    /// <summary>One more instance.</summary>
    public static TableRouteStore Store(string connectionString, string table, TimeProvider time, HttpPipelineTransport? transport = null, int retries = 3)
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Transport = transport ?? options.Transport;
        // The dice says 0: no test waits for a clock that only it moves.
        return new TableRouteStore(new TableServiceClient(connectionString, options).GetTableClient(table), time, () => 0, NullLogger<TableRouteStore>.Instance);
    }
}

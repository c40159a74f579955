using Azure.Data.Tables;
using FunctionsGateway;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using Microsoft.Extensions.Logging.Abstractions;

// One process of the multi-process proof: callers that call until they are refused. Each admission is one line, written before the next call.
var (connection, table, calls, callers) = (args[0], args[1], long.Parse(args[2], null), int.Parse(args[3], null));
var settings = new LimitSettings { AdmissionWait = TimeSpan.FromSeconds(20) };
var store = new TableCounterStore(new TableClient(connection, table, TableCounterStore.Impatient()), TimeProvider.System, NullLogger<TableCounterStore>.Instance);
using var metrics = new LimitMetrics();
var counters = new CounterSet(store, TimeProvider.System, GatewayIds.Roll, settings, _ => Task.FromResult<GatewayRoute?>(null), metrics, NullLogger<CounterSet>.Instance);
var limiter = new Limiter(counters, TimeProvider.System, settings);
var route = new GatewayRoute { Name = "proof", Id = "e-proof", Targets = [], LimitsVersion = 1, Limits = [new Limit(calls, "hour", null)] };
using var output = Console.OpenStandardOutput();
Console.Error.WriteLine("ready");
Console.ReadLine();
await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallUntilRefusedAsync)));

async Task CallUntilRefusedAsync()
{
    while (true)
    {
        try
        {
            using var reservation = await limiter.AdmitAsync(route, "caller", 0, CancellationToken.None);
            reservation.MarkUsed();
            lock (output)
            {
                output.Write("admitted\n"u8);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(40 * GatewayIds.Roll()), TimeProvider.System);
        }
        catch (LimitExceededException)
        {
            return;
        }
    }
}

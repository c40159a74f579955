using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using FunctionsGateway.Limits;
using FunctionsGateway.LocalHost;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Xunit.Abstractions;

namespace FunctionsGateway.Tests.Docs;

/// <summary>The operations that docs/deployment.md multiplies by prices, counted at the socket of a real table service.</summary>
public sealed class CostTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const double Price = 0.00036;
    private readonly MeterListener _listener = new();
    private Azurite _azurite = null!;
    private GatewayUnderTest _gateway = null!;
    private int _operations;

    public async Task InitializeAsync()
    {
        _azurite = await Azurite.StartAsync(new AzuriteOptions { Port = 0 });
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.request.duration" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "server.port", Value: int port } && port == _azurite.Port)
                {
                    Interlocked.Increment(ref _operations);
                }
            }
        });
        _listener.Start();
        _gateway = await GatewayUnderTest.StartAsync(("GatewayStorage", _azurite.ConnectionString));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _azurite.DisposeAsync();
    }

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("no limit, calls in a row", 0, 600, 8, 0)]
    [InlineData("a limit, calls in a row", 1, 600, 8, 0)]
    [InlineData("a limit, two calls a second", 1, 20, 1, 500)]
    public async Task Are_as_few_as_the_docs_say(string what, int limits, int calls, int atOnce, int pause)
    {
        var row = Repository.Read("docs/deployment.md").Split('\n').Single(line => line.StartsWith($"| {what} |", StringComparison.Ordinal)).Split('|');
        var figure = double.Parse(row[2], CultureInfo.InvariantCulture);
        Assert.Equal(figure * Price / 10_000 * 1_000_000, double.Parse(row[3], CultureInfo.InvariantCulture), 0.00005);
        await _gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r",
            Id = "e-" + Guid.NewGuid().ToString("N"),
            Type = RouteType.Chat,
            Targets = [_gateway.Target()],
            Limits = [.. Enumerable.Repeat(new Limit(1_000_000, "hour", "user"), limits)],
        });
        await CallAsync();
        var (before, watch) = (_operations, Stopwatch.StartNew());

        for (var done = 0; done < calls; done += atOnce)
        {
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => CallAsync()));
            await Task.Delay(pause);
        }

        var each = (_operations - before) / (double)calls;
        output.WriteLine($"{what}: {each:0.000} table operations a call ({_operations - before} for {calls} calls in {watch.Elapsed.TotalSeconds:0.0} s)");
        // One look for changed routes may fall into any run.
        Assert.InRange(_operations - before, 0, (1.5 * figure * calls) + 1);
    }

    private async Task CallAsync() =>
        Assert.Equal(200, (await _gateway.AskAsync("/gateway/r/invocations", """{"messages":[{"role":"user","content":"Hello"}]}""")).Status);
}

using System.Net;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream;
using FunctionsGateway.Upstream.Egress;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>How long a connection may take: the gateway's setting, or the route's own, longer or shorter.</summary>
public class ConnectTests
{
    private const string Hello = """{"messages":[{"role":"user","content":"Hello"}]}""";

    [Theory]
    [InlineData(null, 10)]
    [InlineData(2, 2)]
    [InlineData(30, 30)]
    public async Task Waits_for_a_connection_as_long_as_the_route_says(int? own, int seconds)
    {
        var clock = new ManualTime();
        var asked = new SemaphoreSlim(0);
        async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
        {
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return [];
        }

        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton<UpstreamHandler.Resolver>(ResolveAsync).AddSingleton<TimeProvider>(clock));
        var target = gateway.Target();
        target.Config["openai_api_base"] = "https://silent.example/v1";
        await gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r",
            Id = "e-r",
            Targets = [target, gateway.Target() with { IsFallback = true }],
            FallbackAttempts = 0,
            Options = new RouteOptionSet { Deadlines = new RouteDeadlines(own is { } given ? TimeSpan.FromSeconds(given) : null, null, null, null, null) },
        });

        await gateway.AddRouteAsync("other", null);
        var answer = gateway.AskAsync("/gateway/r/mlflow/invocations", Hello);
        await asked.WaitAsync();
        clock.Advance(TimeSpan.FromSeconds(seconds - 0.5));
        Assert.Equal(200, (await gateway.AskAsync("/gateway/other/mlflow/invocations", Hello)).Status);
        Assert.False(answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        // The other target is asked as soon as this one has had its time.
        Assert.Equal(200, (await answer).Status);
    }
}

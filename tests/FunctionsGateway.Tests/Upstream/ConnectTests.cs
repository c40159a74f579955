using System.Net;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
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

    [Fact]
    public async Task Waits_for_an_answer_longer_than_for_the_connection_once_that_is_there()
    {
        var (clock, pace) = (new ManualTime(), new ManualTime());
        await using var slow = await ScriptedProviderServer.StartAsync(time: pace);
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton<TimeProvider>(clock));
        var target = gateway.Target("delay=1000");
        target.Config["openai_api_base"] = $"{slow.Address}v1";
        await gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r", Id = "e-r", Targets = [target], Options = new RouteOptionSet { Deadlines = new RouteDeadlines(TimeSpan.FromSeconds(0.2), null, null, null, null) },
        });

        var answer = gateway.AskAsync("/gateway/r/mlflow/invocations", Hello);
        // The provider has the call, so the connection is there.
        await Eventually.IsTrueAsync(() => slow.Requests.Count == 1);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.IsTrueAsync(() =>
        {
            pace.Advance(TimeSpan.FromSeconds(1));
            return answer.IsCompleted;
        });

        Assert.Equal(200, (await answer).Status);
        Assert.Single(slow.Requests);
    }
}

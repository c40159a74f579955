using System.Diagnostics;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Invocations;

public class FailoverTests
{
    private const string Body = """{"model":"r","messages":[{"role":"user","content":"hi there"}]}""";

    private static GatewayRoute Route(params Target[] targets) => new() { Name = "r", Id = "e-r", Targets = targets, FallbackAttempts = 0 };

    [Fact]
    public async Task Hides_the_death_of_the_primary_from_a_hundred_calls_a_second()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var primary = await ScriptedProviderServer.StartAsync();
        var target = gateway.Target("pace=20,chunks=3");
        target.Config["openai_api_base"] = $"{primary.Address}v1";
        await gateway.AddRouteAsync(Route(target, gateway.Target() with { IsFallback = true }));
        var (calls, streams, stopwatch) = (new List<Task<(int Status, string Body)>>(), new List<Task<(int Status, string Body)>>(), Stopwatch.StartNew());
        for (var i = 0; i < 400; i++)
        {
            if (i == 150)
            {
                // Calls that have an answer under way end with it; everything after meets a dead address.
                _ = primary.DisposeAsync().AsTask();
            }

            (i % 2 == 0 ? calls : streams).Add(gateway.AskAsync("/v1/chat/completions", i % 2 == 0 ? Body : Body.Replace("}]}", "}],\"stream\":true}", StringComparison.Ordinal)));
            if (TimeSpan.FromMilliseconds(10 * (i + 1)) - stopwatch.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait);
            }
        }

        var answers = await Task.WhenAll(calls);
        var streamed = await Task.WhenAll(streams);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        // A stream either is whole, or had shown something of the primary's answer before it died; that no fallback can take back.
        Assert.All(streamed, answer => Assert.True(
            answer.Status == 200 && (answer.Body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal) || answer.Body.Contains("\"content\"", StringComparison.Ordinal)), answer.Body));
        Assert.InRange(streamed.Count(answer => !answer.Body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)), 0, 20);
        Assert.InRange(gateway.Provider.Requests.Count, 200, 400);
    }

    [Theory]
    [InlineData("status=400", 400)]
    [InlineData("status=404", 404)]
    [InlineData("status=422", 422)]
    public async Task Never_hands_on_what_the_client_did_wrong(string script, int status)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target(script), gateway.Target() with { IsFallback = true }));

        Assert.Equal(status, (await gateway.AskAsync("/v1/chat/completions", Body)).Status);
        Assert.Single(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Cancels_the_provider_when_the_caller_of_a_unary_answer_leaves()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target("stall=0"), gateway.Target() with { IsFallback = true }));
        using var leave = new CancellationTokenSource();
        var call = gateway.PostAsync("/v1/chat/completions", Body, leave.Token);
        await Eventually.IsTrueAsync(() => gateway.Provider.Requests.Count == 1);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        await Eventually.IsTrueAsync(() => gateway.Provider.ClientsLeft == 1);
        Assert.Single(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Keeps_the_routes_own_deadlines()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target("stall=0")) with { Options = new RouteOptionSet { Deadlines = new RouteDeadlines(null, null, TimeSpan.FromSeconds(0.3), null, null) } });

        // The gateway's own deadline is longer than this client waits for anything.
        Assert.Equal(504, (await gateway.AskAsync("/v1/chat/completions", Body)).Status);
    }

    [Fact]
    public async Task Shares_one_deadline_among_all_targets()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:06"), ("Gateway__Deadlines__FirstByte", "00:00:10"));
        await gateway.AddRouteAsync(Route(gateway.Target("stall=0"), gateway.Target("stall=0") with { IsFallback = true }, gateway.Target() with { IsFallback = true }));

        Assert.Equal(200, (await gateway.AskAsync("/v1/chat/completions", Body)).Status);
        Assert.Equal(3, gateway.Provider.Requests.Count);
    }

    [Fact]
    public async Task Sticks_to_one_target_for_each_key_of_a_header()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route([.. Enumerable.Range(0, 8).Select(i => gateway.Target($"m{i}"))]) with { IsSplit = true, Options = new RouteOptionSet { Sticky = "X-Session" } });
        var targets = new Dictionary<string, HashSet<string>>();
        for (var i = 0; i < 60; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(Body, null, "application/json") };
            request.Headers.Add("X-Session", $"s{i % 6}");
            using var answer = await gateway.Client.SendAsync(request);
            (targets.TryGetValue($"s{i % 6}", out var seen) ? seen : targets[$"s{i % 6}"] = []).Add(answer.Headers.GetValues("X-Gateway-Target").Single());
        }

        Assert.All(targets.Values, seen => Assert.Single(seen));
        Assert.True(targets.Values.SelectMany(seen => seen).Distinct().Count() > 1);
    }

    [Fact]
    public async Task Rests_a_target_that_asks_for_it_and_tells_a_new_instance()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var route = Route(gateway.Target("status=429,retry-after=60"), gateway.Target() with { IsFallback = true });
        await gateway.AddRouteAsync(route);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await gateway.AskAsync("/v1/chat/completions", Body)).Status);
        }

        Assert.Single(gateway.Provider.Requests, sent => sent.Body.Contains("429", StringComparison.Ordinal));
        var store = gateway.Services.GetRequiredService<IHealthStore>();
        await gateway.Services.GetRequiredService<TargetHealth>().Working;
        await using var second = await GatewayUnderTest.StartAsync(store);
        await second.AddRouteAsync(route);
        Assert.Equal(200, (await second.AskAsync("/v1/chat/completions", Body)).Status);
        Assert.Single(gateway.Provider.Requests, sent => sent.Body.Contains("429", StringComparison.Ordinal));
    }
}

using System.Diagnostics;
using System.Text.Json.Nodes;
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
        var target = gateway.Target("delay=50,pace=20,chunks=5,together=2");
        target.Config["openai_api_base"] = $"{primary.Address}v1";
        await gateway.AddRouteAsync(Route(target, gateway.Target() with { IsFallback = true }));
        var (calls, streams, stopwatch) = (new List<Task<(int Status, string Body)>>(), new List<Task<(int Status, string Body)>>(), Stopwatch.StartNew());
        var (begun, interrupted) = (0, Task.FromResult(0));
        for (var i = 0; i < 400; i++)
        {
            if (i == 150)
            {
                await Eventually.IsTrueAsync(() => primary.Active > 0);
                begun = primary.Requests.Count;
                // Not stopped but killed: what is being answered breaks off in the middle.
                interrupted = primary.KillAsync();
            }

            (i % 2 == 0 ? calls : streams).Add(gateway.AskAsync("/v1/chat/completions", i % 2 == 0 ? Body : Body.Replace("}]}", "}],\"stream\":true}", StringComparison.Ordinal)));
            if (TimeSpan.FromMilliseconds(10 * (i + 1)) - stopwatch.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait);
            }
        }

        var answers = await Task.WhenAll(calls);
        var streamed = await Task.WhenAll(streams);
        var broken = streamed.Where(answer => !answer.Body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)).ToArray();
        await primary.DisposeAsync();

        Assert.True(begun > 0 && await interrupted > 0, $"{begun} calls of the primary had begun, {await interrupted} did not end.");
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.All(streamed, answer => Assert.Equal(200, answer.Status));
        // A stream either is whole, or had shown some of the primary's text before it died; that no fallback can take back.
        Assert.All(broken, answer => Assert.Matches("\"content\":\"[^\"]", answer.Body));
        Assert.InRange(broken.Length, 0, await interrupted);
        // Whatever the primary did not end itself, the fallback answered.
        Assert.InRange(gateway.Provider.Requests.Count, 250, 400);
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("anthropic")]
    public async Task Hides_an_answer_that_breaks_off_in_its_middle(string provider)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target("cut-inside=0", provider), gateway.Target() with { IsFallback = true }));

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", Body);

        Assert.Equal(200, status);
        Assert.Contains("hi there", body, StringComparison.Ordinal);
        Assert.Equal(2, gateway.Provider.Requests.Count);
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
        var secret = (string)(await ManageAsync(gateway, "secrets/create",
            $$$"""{"secret_name":"k","secret_value":{"api_key":"sk-1234567890abcdef"},"provider":"openai","auth_config":{"api_base":"{{{gateway.Provider.Address}}}v1"} }"""))["secret"]!["secret_id"]!;
        var configs = new JsonArray();
        for (var i = 0; i < 8; i++)
        {
            var model = (await ManageAsync(gateway, "model-definitions/create", $$"""{"name":"m{{i}}","secret_id":"{{secret}}","provider":"openai","model_name":"m{{i}}"}"""))["model_definition"]!;
            configs.Add(new JsonObject { ["model_definition_id"] = (string)model["model_definition_id"]!, ["linkage_type"] = "PRIMARY", ["weight"] = 1 });
        }

        await ManageAsync(gateway, "endpoints/create",
            $$$"""{"name":"r","model_configs":{{{configs.ToJsonString()}}},"routing_strategy":"REQUEST_BASED_TRAFFIC_SPLIT","gateway_options":{"sticky":"X-Session"} }""");
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

    private static async Task<JsonObject> ManageAsync(GatewayUnderTest gateway, string path, string body)
    {
        var (status, answer) = await gateway.AskAsync($"/api/3.0/mlflow/gateway/{path}", body);
        Assert.True(status == 200, answer);
        return (JsonObject)JsonNode.Parse(answer)!;
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream.Egress;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Upstream;

public sealed class ResilienceTests
{
    private const string Path = "/gateway/chat/invocations";
    private const string Hello = """{"messages":[{"role":"user","content":"Hello"}]}""";

    [Theory]
    [InlineData("status=500", 500, 3)]
    [InlineData("status=503", 503, 3)]
    [InlineData("status=429", 429, 3)]
    [InlineData("status=408", 504, 3)]
    [InlineData("cut=0", 502, 3)]
    [InlineData("status=400", 400, 1)]
    [InlineData("status=404", 404, 1)]
    [InlineData("malformed=0", 502, 1)]
    public async Task Tries_three_times_where_another_try_can_help_and_once_elsewhere(string script, int status, int tries)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat, script);

        Assert.Equal(status, (await gateway.AskAsync(Path, Hello)).Status);
        Assert.Equal(tries, gateway.Provider.Requests.Count);
    }

    [Fact]
    public async Task Never_tries_again_when_the_quota_is_used_up()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);
        gateway.Provider.Enqueue(new Script { Status = 429, Body = """{"error":{"message":"You exceeded your quota.","type":"insufficient_quota","code":"insufficient_quota"}}""" });

        Assert.Equal(429, (await gateway.AskAsync(Path, Hello)).Status);
        Assert.Single(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Gives_a_target_that_fails_on_and_on_a_rest_and_says_so_at_once()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat, "status=500");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.AskAsync(Path, Hello)));
        var sent = gateway.Provider.Requests.Count;
        using var resting = await gateway.PostAsync(Path, Hello);

        Assert.Equal(503, (int)resting.StatusCode);
        Assert.Contains("is given a rest", await resting.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.InRange(resting.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 10);
        Assert.Equal(sent, gateway.Provider.Requests.Count);
    }

    [Fact]
    public async Task Answers_502_where_nobody_listens_and_504_where_nobody_answers()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:02"));
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var target = gateway.Target() with { Config = new JsonObject { ["openai_api_key"] = "sk-test", ["openai_api_base"] = $"http://127.0.0.1:{port}/v1" } };
        await gateway.AddRouteAsync(new GatewayRoute { Name = "chat", Id = "e-1", Type = RouteType.Chat, Targets = [target] });
        await gateway.AddRouteAsync("slow", RouteType.Chat, "delay=60000");

        Assert.Equal((502, """{"detail":"The provider 'openai' could not be reached."}"""), await gateway.AskAsync(Path, Hello));
        Assert.Equal(504, (await gateway.AskAsync("/gateway/slow/invocations", Hello)).Status);
    }

    [Theory]
    [InlineData(2, "2")]
    [InlineData(100_000, null)]
    public async Task Hands_on_how_long_a_provider_asks_to_wait_unless_it_is_too_long_to_obey(int asked, string? told)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:01"));
        await gateway.AddRouteAsync("chat", RouteType.Chat, $"status=429,retry-after={asked}");

        using var answer = await gateway.PostAsync(Path, Hello);

        Assert.Equal((429, told), ((int)answer.StatusCode, answer.Headers.RetryAfter?.ToString()));
        Assert.Single(gateway.Provider.Requests);
        Assert.True(answer.Headers.Contains("X-Request-Id"));
    }

    [Fact]
    public async Task Sends_nothing_where_a_name_leads_to_no_public_address()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(services =>
            services.AddSingleton<UpstreamHandler.Resolver>((_, _) => Task.FromResult(new[] { IPAddress.Loopback })));
        var target = gateway.Target() with { Config = new JsonObject { ["openai_api_key"] = "sk-test", ["openai_api_base"] = $"https://rebound.example:{gateway.Provider.Address.Port}/v1" } };
        await gateway.AddRouteAsync(new GatewayRoute { Name = "chat", Id = "e-1", Type = RouteType.Chat, Targets = [target] });

        var (status, body) = await gateway.AskAsync(Path, Hello);

        Assert.Equal(502, status);
        Assert.Contains("leads to no public address", body, StringComparison.Ordinal);
        Assert.Empty(gateway.Provider.Requests);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"a\ud800b"}]}""", "Unpaired surrogate")]
    [InlineData("""{"model":"\ud800","messages":[{"role":"user","content":"a"}]}""", "Unpaired surrogate")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"\u00ff\u00fe\"}]}", "not UTF-8", true)]
    public async Task Refuses_bytes_that_are_no_text(string body, string why, bool isLatin1 = false)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        foreach (var (path, expected) in new[] { (Path, 422), ("/v1/chat/completions", 400) })
        {
            using var content = new ByteArrayContent((isLatin1 ? Encoding.Latin1 : Encoding.UTF8).GetBytes(body));
            content.Headers.ContentType = new("application/json");
            using var answer = await gateway.Client.PostAsync(path, content);
            Assert.Equal(expected, (int)answer.StatusCode);
            if (path == Path)
            {
                Assert.Contains(why, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        Assert.Empty(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Places_a_fault_of_the_JSON_by_characters_from_the_start()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        Assert.Contains("\"loc\":[\"body\",19]", (await gateway.AskAsync(Path, "{\n \"messäges\": [\n {bad}]}")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Hi"}],"n":2,"candidate_count":2}""", 422)]
    [InlineData("""{"messages":[]}""", 422)]
    public async Task Refuses_a_body_before_a_limit_does_and_uses_nothing(string body, int status)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(new GatewayRoute { Name = "chat", Id = "e-1", Type = RouteType.Chat, Targets = [gateway.Target()], Limits = [new(1, "year", null)] });

        Assert.Equal(status, (await gateway.AskAsync(Path, body)).Status);
        Assert.Equal(200, (await gateway.AskAsync(Path, Hello)).Status);
        Assert.Equal(429, (await gateway.AskAsync(Path, Hello)).Status);
        Assert.Equal(status, (await gateway.AskAsync(Path, body)).Status);
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Limits as callers meet them.</summary>
public class LimitsOverHttp
{
    private const string First = "/gateway/r/invocations";
    private const string OpenAI = "/v1/chat/completions";

    [Theory]
    [InlineData(First, false)]
    [InlineData(OpenAI, true)]
    public async Task Tells_admitted_and_refused_calls_what_is_left(string path, bool isOpenAI)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target(), new Limit(2, "year", "user")));
        foreach (var (status, left) in new[] { (200, 1), (200, 0), (429, 0) })
        {
            using var answer = await SendAsync(gateway, path);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.StartsWith("\"year-user\";q=2;w=", Header(answer, "RateLimit-Policy"));
            Assert.StartsWith($"\"year-user\";r={left};t=", Header(answer, "RateLimit"));
            Assert.Equal(isOpenAI ? $"{left} of 2" : " of ", $"{Header(answer, "x-ratelimit-remaining-requests")} of {Header(answer, "x-ratelimit-limit-requests")}");
        }
    }

    [Fact]
    public async Task Tells_what_is_left_also_when_the_provider_fails()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target("status=400"), new Limit(2, "year", null)));
        using var answer = await SendAsync(gateway, OpenAI);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.StartsWith("\"year-route\";r=1;t=", Header(answer, "RateLimit"));
        Assert.Equal("1", Header(answer, "x-ratelimit-remaining-requests"));
    }

    [Fact]
    public async Task Sends_its_own_numbers_of_requests_and_the_providers_of_tokens()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[]}"""u8.ToArray(), 200,
            ("x-ratelimit-remaining-requests", "4711"), ("x-ratelimit-remaining-tokens", "4712"));
        await using var gateway = await GatewayUnderTest.StartAsync();
        var target = gateway.Target();
        target.Config["openai_api_base"] = provider.Address + "/v1";
        await gateway.AddRouteAsync(Route(target, new Limit(2, "year", null)));
        using var answer = await SendAsync(gateway, OpenAI);
        Assert.Equal(("1", "4712"), (Header(answer, "x-ratelimit-remaining-requests"), Header(answer, "x-ratelimit-remaining-tokens")));
    }

    [Fact]
    public async Task Counts_each_user_apart()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target(), new Limit(1, "year", "user")));
        var statuses = new List<int>();
        foreach (var user in new[] { "ann", "ann", "bob", "bob" })
        {
            using var answer = await SendAsync(gateway, First, user);
            statuses.Add((int)answer.StatusCode);
        }

        Assert.Equal([200, 429, 200, 429], statuses);
    }

    [Fact]
    public async Task Settles_a_call_with_the_tokens_that_it_used()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target()) with { TokenLimits = [new TokenLimit(100_000, "year", null)] });
        using var before = await SendAsync(gateway, OpenAI);
        var used = (long)JsonNode.Parse(await before.Content.ReadAsStringAsync())!["usage"]!["total_tokens"]!;
        var counters = gateway.Services.GetRequiredService<CounterSet>();
        await Eventually.IsTrueAsync(() =>
        {
            lock (counters.Gate)
            {
                return counters.Holding().Count == 1; // the surplus
            }
        });
        using var after = await SendAsync(gateway, OpenAI);
        Assert.Equal(Left(before) - used, Left(after));
        Assert.InRange(used, 1, 1_000);
    }

    [Fact]
    public async Task Uses_no_permit_when_no_provider_can_be_reached()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var target = gateway.Target();
        target.Config["openai_api_base"] = "http://127.0.0.1:9/v1";
        await gateway.AddRouteAsync(Route(target, new Limit(1, "year", null)) with { FallbackAttempts = 0 });
        for (var i = 0; i < 3; i++)
        {
            using var answer = await SendAsync(gateway, OpenAI);
            Assert.InRange((int)answer.StatusCode, 500, 504);
        }
    }

    [Fact]
    public async Task Refills_nothing_when_a_route_is_deleted_and_made_again()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target(), new Limit(1, "year", null)));
        using var admitted = await SendAsync(gateway, First);
        using var deleted = await gateway.Client.DeleteAsync("/api/2.0/gateway/routes/r");
        Assert.Equal((200, 200), ((int)admitted.StatusCode, (int)deleted.StatusCode));
        await gateway.AddRouteAsync(Route(gateway.Target(), new Limit(1, "year", null)));
        using var refused = await SendAsync(gateway, First);
        Assert.Equal(429, (int)refused.StatusCode);
    }

    private static GatewayRoute Route(Target target, params Limit[] limits) =>
        new() { Name = "r", Id = "e-" + Guid.NewGuid().ToString("N"), Type = RouteType.Chat, Targets = [target], Limits = limits };

    private static async Task<HttpResponseMessage> SendAsync(GatewayUnderTest gateway, string path, string user = "ann")
    {
        var model = path == OpenAI ? "\"model\":\"r\"," : "";
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent($$"""{ {{model}}"messages":[{"role":"user","content":"hi there"}]}""", null, "application/json"),
        };
        request.Headers.Add("X-Gateway-Caller", user);
        return await gateway.Client.SendAsync(request);
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";

    private static long Left(HttpResponseMessage answer) => long.Parse(Header(answer, "RateLimit").Split(";r=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
}

using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Invocations.Answers;

public class StreamTests
{
    private const string V1 = "/v1/chat/completions";
    private const string Mlflow = "/gateway/chat/invocations";

    private static string Body(string path, string more = "", string route = "chat") =>
        $$"""{{{(path == V1 ? $"\"model\":\"{route}\"," : "")}}"messages":[{"role":"user","content":"one two three four five"}],"stream":true{{more}}}""";

    private static async Task<string> StreamAsync(GatewayUnderTest gateway, string path, string more = "", string route = "chat")
    {
        using var answer = await gateway.PostAsync(path.Replace("chat/inv", route + "/inv", StringComparison.Ordinal), Body(path, more, route));
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("text/event-stream; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        return await answer.Content.ReadAsStringAsync();
    }

    [Theory]
    [InlineData(V1, "openai", true)]
    [InlineData(V1, "anthropic", true)]
    [InlineData(Mlflow, "openai", false)]
    [InlineData(Mlflow, "anthropic", false)]
    public async Task Streams_and_ends_as_the_surface_does(string path, string provider, bool done)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat, provider: provider);

        var events = (await StreamAsync(gateway, path)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.All(events, e => Assert.StartsWith("data: ", e, StringComparison.Ordinal));
        Assert.Equal(done, events[^1] == "data: [DONE]");
        Assert.Contains("four", string.Concat(events), StringComparison.Ordinal);
        Assert.Contains(events, e => e.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal));
        Assert.DoesNotContain(events, e => e.Contains("\"choices\":[]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(V1)]
    [InlineData(Mlflow)]
    public async Task Shows_usage_to_those_who_ask(string path)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        Assert.Contains("\"choices\":[]", await StreamAsync(gateway, path, ""","stream_options":{"include_usage":true}"""), StringComparison.Ordinal);
        Assert.All(gateway.Provider.Requests, sent => Assert.True(sent.Json["stream_options"]!["include_usage"]!.GetValue<bool>()));
    }

    [Theory]
    [InlineData(V1, "openai")]
    [InlineData(Mlflow, "openai")]
    [InlineData(V1, "anthropic")]
    [InlineData(Mlflow, "anthropic")]
    public async Task Never_ends_cleanly_when_the_provider_did_not(string path, string provider)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__StreamIdle", "00:00:00.3"));
        foreach (var script in (string[])["cut=5", "cut-inside=5", "malformed=5", "error-event=5", "end=5", "stall=5"])
        {
            var route = script.Split('=')[0];
            await gateway.AddRouteAsync(route, RouteType.Chat, script, provider);

            var text = await StreamAsync(gateway, path, route: route);

            Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
            var last = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];
            Assert.True(last.StartsWith("data: {\"error\":{\"message\":", StringComparison.Ordinal), $"{script}: {text}");
            Assert.Contains("one", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(V1, "openai", "cut=0", 502)]
    [InlineData(Mlflow, "openai", "cut=0", 502)]
    [InlineData(V1, "openai", "malformed=0", 502)]
    [InlineData(Mlflow, "anthropic", "malformed=0", 502)]
    [InlineData(V1, "openai", "end=0", 502)]
    [InlineData(Mlflow, "openai", "end=0", 502)]
    [InlineData(V1, "openai", "error-event=0", 500)]
    [InlineData(Mlflow, "openai", "error-event=0", 500)]
    [InlineData(Mlflow, "openai", "status=400", 400)]
    [InlineData(V1, "anthropic", "status=529", 503)]
    public async Task Answers_a_status_when_the_provider_fails_before_the_first_event(string path, string provider, string script, int status)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:10"));
        await gateway.AddRouteAsync("chat", RouteType.Chat, script, provider);

        var (answered, body) = await gateway.AskAsync(path, Body(path));

        Assert.Equal(status, answered);
        Assert.Contains(path == V1 ? "{\"error\":{" : "{\"detail\":", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancels_the_provider_when_the_client_leaves()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat, "stall=2");
        using (var answer = await gateway.PostAsync(V1, Body(V1)))
        {
            await using var stream = await answer.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await stream.ReadAsync(new byte[10]));
        }

        await Eventually.IsTrueAsync(() => gateway.Provider.ClientsLeft == 1);
    }

    [Fact]
    public async Task Sends_a_comment_when_the_provider_is_silent()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Streams__Heartbeat", "00:00:00.05"), ("Gateway__Deadlines__StreamIdle", "00:00:01"));
        await gateway.AddRouteAsync("chat", RouteType.Chat, "stall=2");

        Assert.Contains(": keep-alive\n\n", await StreamAsync(gateway, V1), StringComparison.Ordinal);
    }
}

using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>A refusal that can be mended, from the caller to the provider and back.</summary>
public sealed class MendTests
{
    private const string Path = "/gateway/r/invocations";
    private const string Capped = """{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5}""";
    private const string Answer =
        """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""";

    [Fact]
    public async Task Sends_the_mended_request_once_more_and_charges_one_call()
    {
        await using var provider = await AnyProvider.StartAsync((context, request) => Has(request, "max_tokens")
            ? Refuse(context, "max_tokens")
            : AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(Answer)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await RouteAsync(gateway, provider);

        using var first = await gateway.PostAsync(Path, Capped);
        var body = JsonNode.Parse(await first.Content.ReadAsStringAsync())!;
        var sent = provider.Requests.ToArray();
        var counters = gateway.Services.GetRequiredService<CounterSet>();
        await Eventually.IsTrueAsync(() =>
        {
            lock (counters.Gate)
            {
                return counters.Holding().Count == 1; // what the call's estimate left over
            }
        });
        using var second = await gateway.PostAsync(Path, Capped);

        Assert.Equal((200, "Hi"), ((int)first.StatusCode, body["choices"]![0]!["message"]!["content"]!.GetValue<string>()));
        Assert.Equal(2, sent.Length);
        Assert.True(Has(sent[0], "max_tokens"));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":5}"""), JsonNode.Parse(sent[1].Body)), sent[1].Body);
        Assert.Equal((Left(first, 0) - 1, Left(first, 1) - 7), (Left(second, 0), Left(second, 1)));
        Assert.Equal(9, Left(first, 0));
    }

    [Fact]
    public async Task Hands_on_the_second_refusal()
    {
        await using var provider = await AnyProvider.StartAsync((context, request) => Refuse(context, Has(request, "max_tokens") ? "max_tokens" : "max_completion_tokens"));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await RouteAsync(gateway, provider);

        var (status, body) = await gateway.AskAsync(Path, Capped);

        Assert.Equal(400, status);
        Assert.Contains("'max_completion_tokens' is not supported", body, StringComparison.Ordinal);
        Assert.Equal(2, provider.Requests.Count);
    }

    [Fact]
    public async Task Mends_a_stream_before_it_begins()
    {
        const string Events =
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        await using var provider = await AnyProvider.StartAsync((context, request) => Has(request, "stream_options")
            ? Refuse(context, "stream_options")
            : AnyProvider.WriteAsync(context, "text/event-stream", Encoding.UTF8.GetBytes(Events)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await RouteAsync(gateway, provider);

        var (status, body) = await gateway.AskAsync(Path, WholePath.HiStreamed);

        Assert.Equal((200, "Hi"), (status, WholePath.Text(body)));
        Assert.Equal([true, false], provider.Requests.Select(request => Has(request, "stream_options")));
    }

    [Fact]
    public async Task Leaves_a_refusal_that_cannot_be_mended()
    {
        await using var provider = await AnyProvider.StartAsync((context, _) => Refuse(context, "messages"));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await RouteAsync(gateway, provider);

        Assert.Equal(400, (await gateway.AskAsync(Path, Capped)).Status);
        Assert.Single(provider.Requests);
    }

    private static Task RouteAsync(GatewayUnderTest gateway, AnyProvider provider)
    {
        var target = gateway.Target("m");
        target.Config["openai_api_base"] = provider.Address + "/v1";
        return gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r",
            Id = "e-1",
            Type = RouteType.Chat,
            Targets = [target],
            Limits = [new Limit(10, "year", null)],
            TokenLimits = [new TokenLimit(100_000, "year", null)],
        });
    }

    private static Task Refuse(HttpContext context, string parameter) => AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(
        $$$"""{"error":{"message":"Unsupported parameter: '{{{parameter}}}' is not supported with this model.","type":"invalid_request_error","param":"{{{parameter}}}","code":"unsupported_parameter"}}"""), 400);

    private static bool Has(Received request, string name) => ((JsonObject)JsonNode.Parse(request.Body)!).ContainsKey(name);

    // The limits stand in the order of the route: calls, then tokens.
    private static long Left(HttpResponseMessage answer, int limit)
    {
        var item = answer.Headers.GetValues("RateLimit").Single().Split(',')[limit];
        return long.Parse(item.Split("r=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
    }
}

using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>What a target refused once, and the gateway can say otherwise, it is not asked again.</summary>
public sealed class RememberedRefusalTests
{
    private const string Config = """{"openai_compatible_api_base":"BASE/v1"}""";
    private const string Events = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    private const string Answer = """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("/gateway/openai/v1/chat/completions", """{"model":"r",""")]
    [InlineData("/v1/chat/completions", """{"model":"r",""")]
    [InlineData("/gateway/r/invocations", "{")]
    public async Task Asks_a_target_no_more_for_the_usage_that_it_refused_to_tell(string path, string start)
    {
        await using var provider = await AnyProvider.StartAsync((context, request) => Has(request, "stream_options")
            ? Refuse(context, "stream_options")
            : AnyProvider.WriteAsync(context, "text/event-stream", Encoding.UTF8.GetBytes(Events)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "openai-compatible", "m", Config);

        for (var i = 0; i < 2; i++)
        {
            var (status, body) = await gateway.AskAsync(path, start + WholePath.HiStreamed[1..]);
            Assert.Equal((200, "Hi"), (status, WholePath.Text(body)));
        }

        Assert.Equal([true, false, false], provider.Requests.Select(request => Has(request, "stream_options")));
    }

    [Fact]
    public async Task Hands_on_the_refusal_of_what_a_client_of_the_native_API_asked_for_itself()
    {
        await using var provider = await AnyProvider.StartAsync((context, _) => Refuse(context, "stream_options"));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "openai-compatible", "m", Config);

        var (status, _) = await gateway.AskAsync("/gateway/openai/v1/chat/completions", """{"model":"r","stream_options":{"include_usage":true},""" + WholePath.HiStreamed[1..]);

        Assert.Equal(400, status);
        Assert.Single(provider.Requests);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"r","max_tokens":5,""")]
    [InlineData("/gateway/r/invocations", """{"max_tokens":5,""")]
    public async Task Says_at_once_what_a_target_wants_said_otherwise(string path, string start)
    {
        await using var provider = await AnyProvider.StartAsync((context, request) => Has(request, "max_tokens")
            ? Refuse(context, "max_tokens")
            : AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(Answer)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "openai-compatible", "m", Config);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (await gateway.AskAsync(path, start + WholePath.Hi[1..])).Status);
        }

        Assert.Equal([true, false, false], provider.Requests.Select(request => Has(request, "max_tokens")));
        Assert.All(provider.Requests.Skip(1), request => Assert.True(Has(request, "max_completion_tokens")));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"r","stream_options":{"include_usage":true},""")]
    [InlineData("/gateway/r/invocations", """{"stream_options":{"include_usage":true},""")]
    public async Task Learns_nothing_from_what_one_client_asked_for_wrongly(string path, string start)
    {
        // As OpenAI: options of a stream belong to a stream.
        await using var provider = await AnyProvider.StartAsync((context, request) => !Has(request, "stream") && Has(request, "stream_options")
            ? Refuse(context, "stream_options")
            : Has(request, "stream") ? AnyProvider.WriteAsync(context, "text/event-stream", Encoding.UTF8.GetBytes(Events)) : AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(Answer)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "openai-compatible", "m", Config);

        Assert.Equal(200, (await gateway.AskAsync(path, start + WholePath.Hi[1..])).Status);
        Assert.Equal(200, (await gateway.AskAsync(path, (path.StartsWith("/v1", StringComparison.Ordinal) ? """{"model":"r",""" : "{") + WholePath.HiStreamed[1..])).Status);

        Assert.Equal([true, false, true], provider.Requests.Select(request => Has(request, "stream_options")));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"r","max_tokens":5,""")]
    [InlineData("/gateway/r/invocations", """{"max_tokens":5,""")]
    public async Task Says_two_things_otherwise_where_a_target_refuses_one_after_the_other(string path, string start)
    {
        await using var provider = await AnyProvider.StartAsync((context, request) =>
            Has(request, "max_tokens") ? Refuse(context, "max_tokens")
            : Has(request, "stream_options") ? Refuse(context, "stream_options")
            : AnyProvider.WriteAsync(context, "text/event-stream", Encoding.UTF8.GetBytes(Events)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "openai-compatible", "m", Config);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(200, (await gateway.AskAsync(path, start + WholePath.HiStreamed[1..])).Status);
        }

        Assert.Equal([(true, true), (false, true), (false, false), (false, false)], provider.Requests.Select(request => (Has(request, "max_tokens"), Has(request, "stream_options"))));
        Assert.All(provider.Requests.Skip(1), request => Assert.True(Has(request, "max_completion_tokens")));
    }

    private static Task Refuse(HttpContext context, string parameter) => AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(
        $$$"""{"error":{"message":"Unsupported parameter: '{{{parameter}}}'.","type":"invalid_request_error","param":"{{{parameter}}}","code":"unsupported_parameter"}}"""), 400);

    private static bool Has(Received request, string name) => ((JsonObject)JsonNode.Parse(request.Body)!).ContainsKey(name);
}

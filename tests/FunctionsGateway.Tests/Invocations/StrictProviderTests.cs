using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Tests.Upstream;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>Bytes go on as they are where the provider speaks the surface's API, unless it would refuse what the gateway, or another provider, wrote into them.</summary>
public sealed class StrictProviderTests
{
    private const string Answer = """{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("groq", "\"reasoning_content\":\"hm\"", "role content")]
    [InlineData("groq", "\"refusal\":null,\"annotations\":[]", "role content")]
    [InlineData("groq", "\"reasoning\":\"hm\"", "role content reasoning")]
    [InlineData("groq", "\"tool_calls\":null", "role content")]
    [InlineData("groq", "\"x_new\":1", "role content x_new")]
    [InlineData("openai", "\"thinking_blocks\":[],\"native_parts\":[]", "role content")]
    [InlineData("openai", "\"refusal\":null", "role content refusal")]
    [InlineData("openai", "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"thought_signature\":\"s\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]", "role content tool_calls id type function name arguments")]
    public async Task Sends_no_member_of_an_answer_that_the_provider_would_refuse(string name, string members, string sent)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, name, "m", $$"""{"{{name}}_api_key":"sk-test","{{name}}_api_base":"BASE"}""");

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", Conversation(members));

        Assert.True(status == 200, body);
        Assert.Equal(sent, string.Join(' ', Members(JsonNode.Parse(Assert.Single(provider.Requests).Body)!["messages"]![1])));
    }

    [Theory]
    [InlineData("/v1/chat/completions", "\"refusal\" : null")]
    [InlineData("/v1/chat/completions", "\"refusal\" : null, \"annotations\" : []")]
    [InlineData("/gateway/openai/v1/chat/completions", "\"refusal\" : null, \"reasoning_content\" : \"hm\"")]
    public async Task Forwards_the_bytes_of_all_others(string path, string members)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "openai", "m", """{"openai_api_key":"sk-test","openai_api_base":"BASE"}""");

        Assert.Equal((200, Answer), await gateway.AskAsync(path, Conversation(members)));

        Assert.Contains(members, Assert.Single(provider.Requests).Body, StringComparison.Ordinal);
    }

    private static string Conversation(string members) =>
        $$"""{"model":"r","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hi",{{members}}},{"role":"user","content":"And?"}]}""";

    private static IEnumerable<string> Members(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(member => Members(member.Value).Prepend(member.Key)),
        JsonArray list => list.SelectMany(Members),
        _ => [],
    };
}

using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>Embeddings of more texts than the provider takes at once.</summary>
public sealed class EmbeddingBatchTests
{
    [Fact]
    public async Task Asks_as_often_as_the_provider_needs_and_answers_in_order()
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            var number = JsonNode.Parse(request.Body)!["inputText"]!.GetValue<string>();
            await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes($$"""{"embedding":[{{number}},0.5],"inputTextTokenCount":2}"""));
        });
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Embeddings, "bedrock", "amazon.titan-embed-text-v2:0", """{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"k"}}""");

        var input = new JsonArray([.. Enumerable.Range(0, 20).Select(i => JsonValue.Create($"{i}"))]);
        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", new JsonObject { ["input"] = input }.ToJsonString());

        Assert.True(status == 200, body);
        var answer = JsonNode.Parse(body)!;
        Assert.Equal(Enumerable.Range(0, 20), answer["data"]!.AsArray().Select(item => item!["embedding"]![0]!.GetValue<int>()));
        Assert.Equal(Enumerable.Range(0, 20), answer["data"]!.AsArray().Select(item => item!["index"]!.GetValue<int>()));
        Assert.Equal((40, 40), (answer["usage"]!["prompt_tokens"]!.GetValue<int>(), answer["usage"]!["total_tokens"]!.GetValue<int>()));
        Assert.Equal(20, provider.Requests.Count);
    }

    [Fact]
    public async Task Writes_vectors_in_base64_for_SDKs_that_want_it()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", """{"embedding":{"values":[0.5,-2]}}"""u8.ToArray());
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Embeddings, "gemini", "gemini-embedding-001", """{"gemini_api_key":"k","gemini_api_base":"BASE"}""");

        var (status, body) = await gateway.AskAsync("/v1/embeddings", """{"model":"r","input":"a","encoding_format":"base64"}""");

        Assert.True(status == 200, body);
        Assert.Equal(Convert.ToBase64String([0, 0, 0, 0x3f, 0, 0, 0, 0xc0]), JsonNode.Parse(body)!["data"]![0]!["embedding"]!.GetValue<string>());
        Assert.Equal("/v1beta/models/gemini-embedding-001:embedContent", Assert.Single(provider.Requests).Target);
    }

    [Fact]
    public async Task Fails_as_a_whole_when_one_part_fails()
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) => await (request.Body.Contains("\"b\"", StringComparison.Ordinal)
            ? AnyProvider.WriteAsync(context, "application/json", """{"message":"no"}"""u8.ToArray(), 400)
            : AnyProvider.WriteAsync(context, "application/json", """{"embedding":[1],"inputTextTokenCount":2}"""u8.ToArray())));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Embeddings, "bedrock", "amazon.titan-embed-text-v2:0", """{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"k"}}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", """{"input":["a","b","c"]}""");

        Assert.Equal(400, status);
        Assert.Contains("no", body, StringComparison.Ordinal);
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Tests.Upstream;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>Bodies as the providers document them, through the surfaces that forward them.</summary>
public sealed class NativeBodyTests
{
    [Theory]
    // ai.google.dev, "Embeddings": each request of a batch names the model once more.
    [InlineData("gemini", "/gateway/gemini/v1beta/models/r:batchEmbedContents",
        """{"requests":[{"model":"models/r","content":{"parts":[{"text":"What is the meaning of life?"}]},"taskType":"RETRIEVAL_QUERY"},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"b"}]},"outputDimensionality":768}]}""",
        "/v1beta/models/echo:batchEmbedContents",
        """{"requests":[{"model":"models/echo","content":{"parts":[{"text":"What is the meaning of life?"}]},"taskType":"RETRIEVAL_QUERY"},{"model":"models/echo","content":{"parts":[{"text":"b"}]},"outputDimensionality":768}]}""",
        """{"embeddings":[{"values":[0.5]},{"values":[0.25]}]}""")]
    // ai.google.dev, "Counting tokens": the contents, or a whole request.
    [InlineData("gemini", "/gemini/v1beta/models/r:countTokens",
        """{"generateContentRequest":{"model":"models/r","contents":[{"parts":[{"text":"Hi"}]}],"systemInstruction":{"parts":[{"text":"S"}]}}}""",
        "/v1beta/models/echo:countTokens",
        """{"generateContentRequest":{"model":"models/echo","contents":[{"parts":[{"text":"Hi"}]}],"systemInstruction":{"parts":[{"text":"S"}]}}}""",
        """{"totalTokens":11,"promptTokensDetails":[{"modality":"TEXT","tokenCount":11}]}""")]
    [InlineData("gemini", "/gemini/v1beta/models/r:countTokens",
        """{"contents":[{"parts":[{"text":"The quick brown fox"}]}]}""", "/v1beta/models/echo:countTokens",
        """{"contents":[{"parts":[{"text":"The quick brown fox"}]}]}""", """{"totalTokens":5,"cachedContentTokenCount":0}""")]
    // docs.cohere.com, "Chat", "Embed", "Rerank" of the second version.
    [InlineData("cohere", "/cohere/v2/chat",
        """{"stream":false,"model":"r","messages":[{"role":"user","content":"Tell me about LLMs"}],"documents":[{"data":{"text":"x"},"id":"1"}],"citation_options":{"mode":"FAST"}}""", "/v2/chat",
        """{"model":"echo","stream":false,"messages":[{"role":"user","content":"Tell me about LLMs"}],"documents":[{"data":{"text":"x"},"id":"1"}],"citation_options":{"mode":"FAST"}}""",
        """{"id":"c14c80c3","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"LLMs"}]},"usage":{"billed_units":{"input_tokens":5,"output_tokens":418},"tokens":{"input_tokens":71,"output_tokens":418}}}""")]
    [InlineData("cohere", "/cohere/v2/embed",
        """{"model":"r","inputs":[{"content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"input_type":"classification","embedding_types":["float","int8"]}""", "/v2/embed",
        """{"model":"echo","inputs":[{"content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"input_type":"classification","embedding_types":["float","int8"]}""",
        """{"id":"da6e531f","embeddings":{"float":[[0.016296387]],"int8":[[20]]},"texts":["hello"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":2,"images":1}}}""")]
    [InlineData("cohere", "/cohere/v2/rerank",
        """{"model":"r","query":"What is the capital of the United States?","top_n":3,"documents":["Carson City","Washington, D.C."]}""", "/v2/rerank",
        """{"model":"echo","query":"What is the capital of the United States?","top_n":3,"documents":["Carson City","Washington, D.C."]}""",
        """{"results":[{"index":1,"relevance_score":0.999071}],"id":"07734bd2","meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}""")]
    public async Task Forwards_what_the_provider_documents(string provider, string path, string body, string sentPath, string sentBody, string answer)
    {
        await using var server = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(answer));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(server, RouteType.Chat, provider, "echo", $$"""{"{{provider}}_api_key":"sk-test","{{provider}}_api_base":"BASE"}""");

        Assert.Equal((200, answer), await gateway.AskAsync(path, body));

        var sent = Assert.Single(server.Requests);
        Assert.Equal(sentPath, sent.Target);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(sentBody), JsonNode.Parse(sent.Body)), sent.Body);
    }

    [Theory]
    [InlineData("""["interleaved-thinking-2025-05-14"]""", "interleaved-thinking-2025-05-14")]
    [InlineData("\"\"", null)]
    public async Task Sends_Claude_on_Vertex_AI_only_the_betas_that_the_route_allows(string betas, string? sent)
    {
        using var rsa = RSA.Create(2048);
        await using var provider = await AnyProvider.StartAsync(async (context, request) => await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(
            request.Target == "/token" ? """{"access_token":"ya29.google","expires_in":3599,"token_type":"Bearer"}""" : """{"id":"msg_1","type":"message","content":[]}""")));
        await using var gateway = await GatewayUnderTest.StartAsync();
        var key = new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "sa@p.iam.gserviceaccount.com",
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = provider.Address + "/token",
        };
        await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "claude-sonnet-4-5@20250929", new JsonObject
        {
            ["vertex_project"] = "p",
            ["vertex_ai_api_base"] = "BASE",
            ["vertex_credentials"] = key.ToJsonString(),
            ["vertex_anthropic_betas"] = JsonNode.Parse(betas),
        }.ToJsonString());
        using var ask = new HttpRequestMessage(HttpMethod.Post, "/anthropic/v1/messages")
        {
            Content = new StringContent("""{"model":"r","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json"),
        };
        ask.Headers.Add("anthropic-beta", "interleaved-thinking-2025-05-14, unknown-to-vertex");
        ask.Headers.Add("anthropic-version", "2023-06-01");

        using var answer = await gateway.Client.SendAsync(ask);

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var request = Assert.Single(provider.Requests, one => one.Target != "/token");
        Assert.Equal("/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", request.Target);
        Assert.Equal(sent, request.Headers.GetValueOrDefault("anthropic-beta"));
        Assert.False(request.Headers.ContainsKey("anthropic-version"));
        Assert.Equal("vertex-2023-10-16", (string?)JsonNode.Parse(request.Body)!["anthropic_version"]);
    }
}

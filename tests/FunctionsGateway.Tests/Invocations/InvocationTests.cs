using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Invocations;

public class InvocationTests
{
    private const string Hello = """{"messages":[{"role":"user","content":"Hello you"}]}""";
    private const string HelloModel = """{"model":"chat","messages":[{"role":"user","content":"Hello you"}]}""";

    [Theory]
    [InlineData("/gateway/chat/invocations")]
    [InlineData("/endpoints/chat/invocations")]
    [InlineData("/gateway/chat/invocations/")]
    public async Task Answers_a_chat_in_MLflows_shape(string path)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        var (status, body) = await gateway.AskAsync(path, Hello);

        Assert.Equal(200, status);
        var answer = JsonNode.Parse(body)!;
        Assert.Equal("chat.completion", answer["object"]!.GetValue<string>());
        Assert.Contains("Hello you", answer["choices"]![0]!["message"]!["content"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("\"tool_calls\":null", body, StringComparison.Ordinal);
        var sent = Assert.Single(gateway.Provider.Requests);
        Assert.Equal("/v1/chat/completions", sent.Path);
        Assert.Equal("Bearer sk-test", sent.Headers["Authorization"]);
        Assert.Equal("""{"model":"echo","messages":[{"role":"user","content":"Hello you"}]}""", Canonical(sent.Body));
    }

    [Fact]
    public async Task Forwards_an_OpenAI_client_and_its_answer_byte_for_byte()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        using var answer = await gateway.PostAsync("/v1/chat/completions", """{"model":"chat","messages":[{"role":"user","content":"Hi"}],"x_new_field":{"a":[1.50]}}""");

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(32, Assert.Single(answer.Headers.GetValues("X-Request-Id")).Length);
        Assert.Equal("""{"model":"echo","messages":[{"role":"user","content":"Hi"}],"x_new_field":{"a":[1.50]}}""", Assert.Single(gateway.Provider.Requests).Body);
    }

    [Fact]
    public async Task Answers_completions_and_embeddings()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("completions", RouteType.Completions);
        await gateway.AddRouteAsync("embeddings", RouteType.Embeddings);

        var (_, completion) = await gateway.AskAsync("/gateway/completions/invocations", """{"prompt":"Once"}""");
        var (_, vectors) = await gateway.AskAsync("/v1/embeddings", """{"model":"embeddings","input":["a","b"]}""");

        Assert.Equal("text_completion", JsonNode.Parse(completion)!["object"]!.GetValue<string>());
        Assert.Contains("Once", JsonNode.Parse(completion)!["choices"]![0]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(2, JsonNode.Parse(vectors)!["data"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("/gateway/chat/invocations", """{"messages":[{"role":"user","content":"Hi"}],"candidate_count":2,"temperature":0.5}""", 2)]
    [InlineData("/gateway/routes/chat", """{"messages":[{"role":"user","content":"Hi"}],"temperature":0.5}""", 1)]
    public async Task Answers_candidates_in_the_first_generations_shape(string path, string body, int candidates)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        var (status, text) = await gateway.AskAsync(path, body);

        Assert.Equal(200, status);
        var answer = JsonNode.Parse(text)!;
        Assert.Equal(candidates, answer["candidates"]!.AsArray().Count);
        Assert.Equal("stop", answer["candidates"]![0]!["metadata"]!["finish_reason"]!.GetValue<string>());
        Assert.Equal("llm/v1/chat", answer["metadata"]!["route_type"]!.GetValue<string>());
        Assert.NotNull(answer["metadata"]!["input_tokens"]);
        var sent = JsonNode.Parse(Assert.Single(gateway.Provider.Requests).Body)!;
        Assert.Equal(1.0, sent["temperature"]!.GetValue<double>());
        Assert.Null(sent["candidate_count"]);
    }

    [Theory]
    [InlineData("/gateway/routes/embeddings", """{"texts":"a"}""", false)]
    [InlineData("/gateway/routes/embeddings", """{"texts":["a"]}""", true)]
    [InlineData("/gateway/embeddings/invocations", """{"text":"a"}""", true)]
    public async Task Answers_embeddings_in_the_first_generations_shape(string path, string body, bool isNested)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("embeddings", RouteType.Embeddings);

        var (_, text) = await gateway.AskAsync(path, body);

        var first = JsonNode.Parse(text)!["embeddings"]![0]!;
        Assert.Equal(isNested, first is JsonArray);
    }

    [Fact]
    public async Task Refuses_both_generations_words_in_one_request()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        Assert.Equal((422, """{"detail":"Invalid parameter `n`. Use `candidate_count` instead."}"""),
            await gateway.AskAsync("/gateway/chat/invocations", """{"messages":[{"role":"user","content":"Hi"}],"candidate_count":1,"n":1}"""));
    }

    [Theory]
    [InlineData("/gateway/none/invocations", Hello, 404, """{"detail":"Not Found"}""")]
    [InlineData("/gateway/routes/none", Hello, 404, """{"detail":"The route 'none' is not present or active on the server. Please verify the route name."}""")]
    [InlineData("/gateway/chat/invocations", HelloModel, 422, """{"detail":"The parameter 'model' is not permitted to be passed. The route being queried already defines a model instance."}""")]
    [InlineData("/v1/chat/completions", """{"model":"none","messages":[{"role":"user","content":"x"}]}""", 404, """{"error":{"message":"The model 'none' does not exist: no route has this name.","type":"invalid_request_error","param":"model","code":"model_not_found"},"detail":"The model 'none' does not exist: no route has this name."}""")]
    [InlineData("/v1/embeddings", """{"model":"chat","input":"x"}""", 400, """{"error":{"message":"Endpoint 'chat' is not an embeddings endpoint.","type":"invalid_request_error","param":"model","code":null},"detail":"Endpoint 'chat' is not an embeddings endpoint."}""")]
    [InlineData("/gateway/chat/invocations", "{bad", 422, """{"detail":[{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{},"ctx":{"error":"Expecting value"}}]}""")]
    [InlineData("/gateway/chat/invocations", """{"messages":[{"role":"user","role":"system","content":"x"}]}""", 422, """{"detail":[{"type":"json_invalid","loc":["body",0],"msg":"JSON decode error","input":{},"ctx":{"error":"A member is written twice"}}]}""")]
    [InlineData("/gateway/chat/invocations", "[]", 422, """{"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":null}]}""")]
    [InlineData("/gateway/chat/invocations", "", 422, """{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}""")]
    [InlineData("/gateway/claude-emb/invocations", """{"input":"x"}""", 501, """{"detail":"The embeddings route is not implemented for Anthropic models."}""")]
    public async Task Refuses_bad_calls_and_forwards_nothing(string path, string body, int status, string answer)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);
        await gateway.AddRouteAsync("claude-emb", RouteType.Embeddings, provider: "anthropic");

        Assert.Equal((status, answer), await gateway.AskAsync(path, body));
        Assert.Empty(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Refuses_a_nesting_bomb_and_a_body_above_the_limit()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__MaxBodyBytes", "4096"));
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        var (bomb, why) = await gateway.AskAsync("/gateway/chat/invocations", new string('[', 2000) + new string(']', 2000));
        var (large, _) = await gateway.AskAsync("/gateway/chat/invocations", $$"""{"messages":[{"role":"user","content":"{{new string('a', 5000)}}"}]}""");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/gateway/chat/invocations") { Content = new StringContent(new string(' ', 50_000)) };
        chunked.Headers.TransferEncodingChunked = true;
        using var endless = await gateway.Client.SendAsync(chunked);

        Assert.Equal(422, bomb);
        Assert.Contains("Nested deeper than 64 levels", why, StringComparison.Ordinal);
        Assert.Equal(413, large);
        Assert.Equal(413, (int)endless.StatusCode);
        Assert.Empty(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Refuses_a_body_that_is_not_called_JSON()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        using var answer = await gateway.Client.PostAsync("/gateway/chat/invocations", new StringContent(Hello, System.Text.Encoding.UTF8, "text/plain"));

        Assert.Equal(422, (int)answer.StatusCode);
        Assert.Contains("model_attributes_type", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/gateway/chat/invocations", 405, "POST")]
    [InlineData("PUT", "/v1/chat/completions", 405, "POST")]
    [InlineData("OPTIONS", "/v1/chat/completions", 405, "POST")]
    [InlineData("HEAD", "/health", 405, "GET")]
    [InlineData("GET", "/nope", 404, "")]
    [InlineData("GET", "/v1/nope", 404, "")]
    public async Task Answers_wrong_verbs_and_unknown_paths(string verb, string path, int status, string allow)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();

        using var answer = await gateway.Client.SendAsync(new HttpRequestMessage(new HttpMethod(verb), path));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(allow, string.Join(',', answer.Content.Headers.Allow));
        if (verb != "HEAD")
        {
            Assert.Contains(status == 404 ? "\"detail\":\"Not Found\"" : "\"detail\":\"Method Not Allowed\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sends_no_defaults_that_the_caller_did_not_write_unless_told_to()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Compatibility__SendDefaults", "true"));
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        await gateway.AskAsync("/gateway/chat/invocations", Hello);
        await gateway.AskAsync("/v1/chat/completions", HelloModel);

        Assert.All(gateway.Provider.Requests, sent => Assert.Equal(1, sent.Json["n"]!.GetValue<int>()));
        Assert.All(gateway.Provider.Requests, sent => Assert.Equal(0.0, sent.Json["temperature"]!.GetValue<double>()));
    }

    [Fact]
    public async Task Lists_routes_as_models()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        var list = JsonNode.Parse(await gateway.Client.GetStringAsync("/v1/models"))!;
        var one = JsonNode.Parse(await gateway.Client.GetStringAsync("/v1/models/chat"))!;
        using var none = await gateway.Client.GetAsync("/v1/models/none");

        Assert.Equal("chat", list["data"]![0]!["id"]!.GetValue<string>());
        Assert.Equal("openai", one["owned_by"]!.GetValue<string>());
        Assert.Equal(404, (int)none.StatusCode);
    }

    [Fact]
    public async Task Refuses_everything_but_health_and_docs_where_nobody_may_call_anonymously()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Access__Anonymous", "false"));
        await gateway.AddRouteAsync("chat", RouteType.Chat);

        Assert.Equal(401, (await gateway.AskAsync("/gateway/chat/invocations", Hello)).Status);
        Assert.Equal(401, (await gateway.AskAsync("/v1/chat/completions", HelloModel)).Status);
        Assert.Equal(401, (int)(await gateway.Client.GetAsync("/v1/models")).StatusCode);
        Assert.Equal(200, (int)(await gateway.Client.GetAsync("/health")).StatusCode);
        Assert.Equal(200, (int)(await gateway.Client.GetAsync("/docs")).StatusCode);
        Assert.Empty(gateway.Provider.Requests);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    public async Task Refuses_pages_of_other_origins_where_no_credential_is_asked_for(string header, string value, int status)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("chat", RouteType.Chat);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gateway/chat/invocations") { Content = new StringContent(Hello, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add(header, value);

        using var answer = await gateway.Client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    private static string Canonical(string json)
    {
        var node = JsonNode.Parse(json)!.AsObject();
        return new JsonObject(node.OrderBy(m => m.Key == "model" ? 0 : 1).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))).ToJsonString();
    }
}

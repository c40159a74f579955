using System.Net;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Invocations;

public class PassthroughTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    [Theory]
    [InlineData("/gateway/openai/v1/chat/completions", "openai", """{"model":"r","messages":[],"foo": 1.0,"n":null}""", "/v1/chat/completions", """{"model":"echo","messages":[],"foo":1.0,"n":null}""")]
    [InlineData("/gateway/openai/v1/embeddings", "openai", """{"input":"x","model":"r"}""", "/v1/embeddings", """{"model":"echo","input":"x"}""")]
    [InlineData("/v1/responses", "openai", """{"model":"r","input":"x","foo":[1]}""", "/v1/responses", """{"model":"echo","input":"x","foo":[1]}""")]
    [InlineData("/anthropic/v1/messages", "anthropic", """{"model":"r","temperature":1.5,"messages":[]}""", "/v1/messages", """{"model":"echo","temperature":1.5,"messages":[]}""")]
    [InlineData("/gateway/anthropic/v1/messages/count_tokens", "anthropic", """{"model":"r","messages":[]}""", "/v1/messages/count_tokens", """{"model":"echo","messages":[]}""")]
    [InlineData("/gateway/gemini/v1beta/models/r:generateContent", "gemini", """{"contents":[{"x":1}]}""", "/v1beta/models/echo:generateContent", """{"contents":[{"x":1}]}""")]
    [InlineData("/gemini/v1beta/models/r:embedContent", "gemini", """{"content":{}}""", "/v1beta/models/echo:embedContent", """{"content":{}}""")]
    [InlineData("/gemini/v1beta/models/r:countTokens", "gemini", """{"contents":[]}""", "/v1beta/models/echo:countTokens", """{"contents":[]}""")]
    [InlineData("/cohere/v2/chat", "cohere", """{"model":"r","messages":[]}""", "/v2/chat", """{"model":"echo","messages":[]}""")]
    [InlineData("/mistral/v1/chat/completions", "mistral", """{"model":"r","messages":[],"safe_prompt":true}""", "/v1/chat/completions", """{"model":"echo","messages":[],"safe_prompt":true}""")]
    [InlineData("/mistral/v1/embeddings", "mistral", """{"model":"r","input":["x"]}""", "/v1/embeddings", """{"model":"echo","input":["x"]}""")]
    public async Task Forwards_bytes_and_changes_the_model_alone(string path, string provider, string body, string sentPath, string sentBody)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", RouteType.Completions, provider: provider);
        gateway.Provider.Enqueue(new Script { Body = """{"new_member":[1.50],"usage":null}""" });

        var answer = await gateway.AskAsync(path, body);

        Assert.Equal((200, """{"new_member":[1.50],"usage":null}"""), answer);
        var sent = Assert.Single(gateway.Provider.Requests);
        Assert.Equal((sentPath, sentBody.Replace(" ", "", StringComparison.Ordinal)), (sent.Path, sent.Body.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Relays_a_stream_byte_for_byte_and_hides_only_the_usage_that_nobody_asked_for()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null);
        const string Head = "event: new\nid: 7\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"new\":1.50}}]}\n\n: note\n\ndata: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\r\n\r\n";
        const string Usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
        gateway.Provider.Enqueue(new Script { Body = Head + Usage + "data: [DONE]\n\n", ContentType = "text/event-stream" }, 2);

        var (_, hidden) = await gateway.AskAsync("/gateway/openai/v1/chat/completions", $$"""{"model":"r",{{Messages}},"stream":true}""");
        var (_, shown) = await gateway.AskAsync("/gateway/openai/v1/chat/completions", $$$"""{"model":"r",{{{Messages}}},"stream":true,"stream_options":{"include_usage":true}}""");

        Assert.Equal(Head + "data: [DONE]\n\n", hidden);
        Assert.Equal(Head + Usage + "data: [DONE]\n\n", shown);
        Assert.All(gateway.Provider.Requests, sent => Assert.True((bool)sent.Json["stream_options"]!["include_usage"]!));
    }

    [Theory]
    [InlineData("/v1/responses", "openai")]
    [InlineData("/mistral/v1/chat/completions", "mistral")]
    [InlineData("/anthropic/v1/messages", "anthropic")]
    public async Task Never_asks_for_usage_where_the_provider_would_refuse_it(string path, string provider)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null, provider: provider);

        await gateway.AskAsync(path, $$"""{"model":"r",{{Messages}},"input":"hi","stream":true}""");

        Assert.Null(Assert.Single(gateway.Provider.Requests).Json["stream_options"]);
    }

    [Theory]
    [InlineData("anthropic", "/gateway/openai/v1/responses", 400, "Unsupported passthrough endpoint '/openai/v1/responses' for Anthropic provider. Supported endpoints: /gateway/anthropic/v1/messages (provider_path: messages)")]
    [InlineData("mlflow-model-serving", "/anthropic/v1/messages", 501, "The passthrough route '/anthropic/v1/messages' is not implemented for MLflow Model Serving models.")]
    public async Task Names_what_a_provider_serves_instead(string provider, string path, int status, string message)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null, provider: provider);

        var (answered, body) = await gateway.AskAsync(path, """{"model":"r"}""");

        Assert.Equal(status, answered);
        Assert.StartsWith(message, (string)JsonNode.Parse(body)!["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/gateway/r/mlflow/invocations", "{bad", 400, """{"detail":"Invalid JSON payload: Expecting value: line 1 column 2 (char 1)"}""")]
    [InlineData("/gateway/r/mlflow/invocations", "[]", 400, """{"detail":"Invalid JSON payload: Input should be a valid dictionary or object to extract fields from"}""")]
    [InlineData("/gateway/r/mlflow/invocations", "{}", 400, """{"detail":"Invalid request: payload format must be either chat or embeddings"}""")]
    [InlineData("/gateway/r/mlflow/invocations", """{"model":"x","messages":[{"role":"user","content":"hi"}]}""", 422, """{"detail":"The parameter 'model' is not permitted to be passed. The route being queried already defines a model instance."}""")]
    [InlineData("/gateway/nope/mlflow/invocations", """{"messages":[]}""", 404, """{"detail":{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"GatewayEndpoint not found (name='nope')"}}""")]
    [InlineData("/gateway/openai/v1/chat/completions", """{"model":""}""", 400, """{"error":{"message":"Missing required 'model' parameter in request body","type":"invalid_request_error","param":"model","code":"missing_required_parameter"}}""")]
    [InlineData("/anthropic/v1/messages", """{"model":"nope"}""", 404, """{"type":"error","error":{"type":"not_found_error","message":"GatewayEndpoint not found (name='nope')"},"request_id":null}""")]
    [InlineData("/gemini/v1beta/models/nope:generateContent", "{}", 404, """{"error":{"code":404,"message":"GatewayEndpoint not found (name='nope')","status":"NOT_FOUND"}}""")]
    [InlineData("/v1/responses/compact", """{"model":"r","stream":true}""", 400, """{"error":{"message":"stream=true is not supported on /responses/compact; compaction is a unary request.","type":"invalid_request_error","param":"stream","code":null},"detail":"stream=true is not supported on /responses/compact; compaction is a unary request."}""")]
    public async Task Says_no_in_the_words_of_the_path(string path, string body, int status, string answer)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null);

        Assert.Equal((status, answer), await gateway.AskAsync(path, body));
    }

    [Fact]
    public async Task Names_every_fault_of_a_chat_in_one_text()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null);

        var (status, body) = await gateway.AskAsync("/gateway/r/mlflow/invocations", """{"messages":[]}""");

        Assert.Equal(400, status);
        Assert.StartsWith("Invalid chat payload: 1 validation error for RequestPayload\nmessages\n  List should have at least 1 item after validation, not 0",
            (string)JsonNode.Parse(body)!["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serves_chat_and_embeddings_of_one_endpoint_whatever_its_type()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", RouteType.Completions);

        Assert.Equal(200, (await gateway.AskAsync("/gateway/r/mlflow/invocations", $"{{{Messages}}}")).Status);
        Assert.Equal(200, (await gateway.AskAsync("/gateway/r/mlflow/invocations", """{"input":"hi"}""")).Status);
        Assert.Equal(200, (await gateway.AskAsync("/openai/deployments/r/completions?api-version=2024-10-21", """{"prompt":"hi"}""")).Status);
        Assert.Equal(400, (await gateway.AskAsync("/openai/deployments/r/chat/completions?api-version=2024-10-21", $$"""{"model":"gpt-4",{{Messages}}}""")).Status);
    }

    [Fact]
    public async Task Hands_on_allowed_headers_alone()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null, provider: "anthropic");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/anthropic/v1/messages") { Content = new StringContent("""{"model":"r","messages":[]}""", null, "application/json") };
        (string Name, string Value, bool GoesOn)[] headers =
        [
            ("Authorization", "Bearer mine", false), ("X-Api-Key", "mine", false), ("Api-Key", "mine", false), ("X-Goog-Api-Key", "mine", false), ("Cookie", "mine", false),
            ("X-MLflow-Authorization", "mine", false), ("X-Forwarded-For", "1.2.3.4", false), ("Accept-Encoding", "br", false), ("X-Other", "mine", false),
            ("Anthropic-Version", "2024-01-01", true), ("Anthropic-Beta", "a,b", true), ("User-Agent", "claude-cli/1", true), ("X-Stainless-Lang", "cs", true),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true), ("tracestate", "a=b", true),
        ];
        foreach (var (name, value, _) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await gateway.Client.SendAsync(request);

        var sent = Assert.Single(gateway.Provider.Requests);
        Assert.Equal("sk-ant-test", sent.Headers["x-api-key"]);
        // Where something listens to spans, the gateway's own stands between: the trace is the same.
        const int TraceLength = 36;
        Assert.All(headers, header => Assert.Equal(header.GoesOn, header.Name == "traceparent"
            ? sent.Headers[header.Name].StartsWith(header.Value[..TraceLength], StringComparison.Ordinal)
            : sent.Headers.GetValueOrDefault(header.Name) == header.Value));
        Assert.DoesNotContain("mine", string.Concat(sent.Headers.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Carries_the_trace_on_from_unified_paths_and_tells_times_target_and_attempts()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r", Id = "e-r", FallbackAttempts = 0,
            Targets = [gateway.Target("status=500"), gateway.Target("delay=30") with { IsFallback = true }],
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/gateway/r/mlflow/invocations") { Content = new StringContent($"{{{Messages}}}", null, "application/json") };
        request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        using var answer = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.All(gateway.Provider.Requests, sent => Assert.Contains("0af7651916cd43dd8448eb211c80319c", sent.Headers["traceparent"], StringComparison.Ordinal));
        Assert.Equal("openai/delay%3D30", answer.Headers.GetValues("X-Gateway-Target").Single());
        Assert.Equal("2", answer.Headers.GetValues("X-Gateway-Attempts").Single());
        Assert.True(long.Parse(answer.Headers.GetValues("X-MLflow-Gateway-Duration-Ms").Single(), null) >= 30);
        Assert.True(answer.Headers.Contains("X-MLflow-Gateway-Overhead-Duration-Ms"));
    }

    [Fact]
    public async Task Tells_times_of_refusals_and_the_providers_limits()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null);
        gateway.Provider.Enqueue(new Script { Body = "{}", Headers = new Dictionary<string, string> { ["x-ratelimit-remaining-tokens"] = "7", ["openai-organization"] = "org" } });

        using var refused = await gateway.PostAsync("/gateway/nope/mlflow/invocations", "{}");
        using var served = await gateway.PostAsync("/v1/responses", """{"model":"r","input":"x"}""");

        Assert.True(refused.Headers.Contains("X-MLflow-Gateway-Duration-Ms"));
        Assert.Equal("7", served.Headers.GetValues("x-ratelimit-remaining-tokens").Single());
        Assert.False(served.Headers.Contains("openai-organization"));
    }

    [Theory]
    [InlineData("v1/messages", 200)]
    [InlineData("v1/a%2fb", 400)]
    [InlineData("v1/%5cmessages", 400)]
    [InlineData("v1//messages", 400)]
    public async Task Proxies_only_below_the_providers_root(string path, int status)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(new GatewayRoute { Name = "r", Id = "e-r", Targets = [gateway.Target(provider: "anthropic")], Options = new RouteOptionSet { AllowProxy = true } });

        var (answered, _) = await gateway.AskAsync("/gateway/proxy/r/" + path, """{"model":"mine","messages":[]}""");

        Assert.Equal(status, answered);
        Assert.All(gateway.Provider.Requests, sent => Assert.Equal(("/v1/messages", "mine"), (sent.Path, (string)sent.Json["model"]!)));
        Assert.Equal(status == 200 ? 1 : 0, gateway.Provider.Requests.Count);
    }

    [Fact]
    public async Task Shows_a_refusal_in_the_providers_words_without_the_key_that_it_repeats_in_disguise()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(new GatewayRoute { Name = "r", Id = "e-r", Targets = [gateway.Target(provider: "anthropic")] });
        gateway.Provider.Enqueue(new Script { Status = 400, Body = """{"type":"error","error":{"type":"invalid_request_error","message":"no","key":"\u0073k-ant-test"}}""" });

        var (status, body) = await gateway.AskAsync("/gateway/anthropic/v1/messages", """{"model":"r","messages":[]}""");

        Assert.Equal(400, status);
        Assert.Contains("\"key\":\"***\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_no_credential_of_a_proxied_query_to_the_provider()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", "{}"u8.ToArray());
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r", Id = "e-r", Options = new RouteOptionSet { AllowProxy = true },
            Targets = [gateway.Target() with { Config = new JsonObject { ["openai_api_key"] = "sk-test", ["openai_api_base"] = provider.Address + "/v1" } }],
        });

        var own = FunctionsGateway.Access.Keys.KeyText.New(FunctionsGateway.Access.Keys.KeyText.NewId());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/gateway/proxy/r/v1/x?key=mine&alt=sse&auth={own}&a=b&a=shown-by-the-caller&shown=shown-by-the-caller")
        {
            Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-api-key", "shown-by-the-caller");
        using var answer = await gateway.Client.SendAsync(request);

        Assert.Equal("/v1/x?alt=sse&a=b", Assert.Single(provider.Requests).Target);
    }

    [Fact]
    public async Task Proxies_nothing_unless_the_endpoint_allows_it()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null);

        Assert.Equal(403, (await gateway.AskAsync("/gateway/proxy/r/v1/messages", "{}")).Status);
    }

    [Theory]
    [InlineData("/v1/models", "data")]
    [InlineData("/gateway/openai/v1/models", "data")]
    [InlineData("/anthropic/v1/models", "data")]
    [InlineData("/gemini/v1beta/models", "models")]
    public async Task Lists_models_as_the_dialect_does(string path, string member)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync("r", null);

        var list = JsonNode.Parse(await gateway.Client.GetStringAsync(path))![member]!.AsArray();

        Assert.EndsWith("r", (string)(Assert.Single(list)!["id"] ?? list[0]!["name"])!, StringComparison.Ordinal);
    }
}

using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary>Every refusal that can be had from outside is provoked on every surface, and must be documented there, in its envelope.</summary>
public sealed class OpenApiRefusalTests : IAsyncLifetime
{
    private const string Boss = "a-key-of-thirty-two-characters-or-more";
    private const string Managed = "/api/3.0/mlflow/gateway";
    private static readonly string Long = new('x', 5_000);

    // What is managed has limits of its own.
    private static readonly string Longest = new('x', 2_000_000);

    private readonly List<(string, string, JsonNode?)> _answers = [];
    private readonly List<string> _faults = [];
    private GatewayUnderTest _gateway = null!;
    private ApiDocument _document = null!;
    private string _guest = null!;
    private string _clerk = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync(
            ("Gateway__Access__Anonymous", "false"), ("Gateway__Access__BootstrapKey", "$FIRST_API_KEY"), ("FIRST_API_KEY", Boss), ("Gateway__MaxBodyBytes", "2000"), ("OPENAI_API_KEY", "sk-test"));
        _document = await ApiDocument.ReadAsync(_gateway);
        _guest = await KeyAsync("invoke");
        _clerk = await KeyAsync("manage");
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    private async Task<string> KeyAsync(string role)
    {
        var (_, made) = await SendAsync("post", "/api/2.0/gateway/keys/", $$"""{"owner":"ada","roles":["{{role}}"]}""", Boss);
        return (string)JsonNode.Parse(made)!["key"]!;
    }

    [Theory]
    [InlineData("openai", "/gateway/{name}/invocations", "/gateway/{0}/invocations", """{"messages":[{"role":"user","content":"a"}]}""", 422)]
    [InlineData("openai", "/endpoints/{name}/invocations", "/endpoints/{0}/invocations", """{"messages":[{"role":"user","content":"a"}]}""", 422)]
    [InlineData("openai", "/gateway/{name}/mlflow/invocations", "/gateway/{0}/mlflow/invocations", """{"messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("openai", "/v1/chat/completions", "/v1/chat/completions", """{"model":"{0}","messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("openai", "/gateway/openai/v1/chat/completions", "/gateway/openai/v1/chat/completions", """{"model":"{0}","messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("openai", "/v1/responses", "/v1/responses", """{"model":"{0}","input":"a"}""", 400)]
    [InlineData("anthropic", "/anthropic/v1/messages", "/anthropic/v1/messages", """{"model":"{0}","max_tokens":5,"messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("gemini", "/gemini/v1beta/models/{name}:generateContent", "/gemini/v1beta/models/{0}:generateContent", """{"contents":[{"parts":[{"text":"a"}]}]}""", 400)]
    [InlineData("cohere", "/cohere/v2/chat", "/cohere/v2/chat", """{"model":"{0}","messages":[{"role":"user","content":"a"}]}""", 400)]
    [InlineData("mistral", "/mistral/v1/chat/completions", "/mistral/v1/chat/completions", """{"model":"{0}","messages":[{"role":"user","content":"a"}]}""", 400)]
    public async Task Are_documented_for_calls(string provider, string template, string path, string body, int faulty)
    {
        var silent = RouteOptionSet.Default with { Deadlines = new RouteDeadlines(null, null, TimeSpan.FromMilliseconds(300), null, null) };
        await AddAsync("good", provider);
        await AddAsync("limited", provider, limits: [new Limit(0, "minute", null)]);
        await AddAsync("refused", provider, "status=401");
        await AddAsync("silent", provider, "delay=600000", options: silent);
        await AddAsync("keyless", provider, config: target => (JsonObject)JsonNode.Parse(target.Config.ToJsonString().Replace("\"sk-", "\"$NO_API_KEY\",\"x\":\"", StringComparison.Ordinal))!);

        Task AskAsync(string route, string? key, int status) => ProvokeAsync("post", template, path.Replace("{0}", route, StringComparison.Ordinal), body.Replace("{0}", route, StringComparison.Ordinal), key, status);
        await AskAsync("good", null, 401);
        await AskAsync("good", _clerk, 403);
        await AskAsync("none", Boss, 404);
        await AskAsync("limited", Boss, 429);
        await AskAsync("refused", Boss, 502);
        await AskAsync("keyless", Boss, 503);
        await AskAsync("silent", Boss, 504);
        await ProvokeAsync("post", template, path.Replace("{0}", "good", StringComparison.Ordinal), "{", Boss, faulty);
        await ProvokeAsync("post", template, path.Replace("{0}", "good", StringComparison.Ordinal), body.Replace("\"a\"", $"\"{Long}\"", StringComparison.Ordinal), Boss, 413);
        Verify();
    }

    [Fact]
    public async Task Are_documented_for_operations_that_a_provider_lacks()
    {
        await AddAsync("claude", "anthropic");
        await ProvokeAsync("post", "/gateway/{name}/invocations", "/gateway/claude/invocations", """{"input":"a"}""", Boss, 501);
        await ProvokeAsync("post", "/v1/embeddings", "/v1/embeddings", """{"model":"claude","input":"a"}""", Boss, 501);
        Verify();
    }

    [Fact]
    public async Task Are_documented_for_routes_limits_and_keys()
    {
        const string routes = "/api/2.0/gateway/routes/";
        await AddAsync("good", "openai");
        await ProvokeAsync("get", routes, routes, null, null, 401);
        await ProvokeAsync("post", routes, routes, "{}", _guest, 403);
        await ProvokeAsync("get", routes, routes + "?page_token=none", null, Boss, 400);
        await ProvokeAsync("post", routes, routes, """{"name":"x"}""", Boss, 422);
        await ProvokeAsync("post", routes, routes, $$"""{"name":"{{Longest}}"}""", Boss, 413);
        await ProvokeAsync("post", routes, routes, """{"name":"good","route_type":"llm/v1/chat","model":{"provider":"openai","name":"m","config":{"openai_api_key":"$OPENAI_API_KEY"}}}""", Boss, 409);
        await ProvokeAsync("put", routes + "{name}", routes + "good", """{"name":"good","route_type":"llm/v1/chat","model":{"provider":"openai","name":"m","config":{"openai_api_base":"http://127.0.0.1:9/v1"}}}""", Boss, 400);
        await ProvokeAsync("delete", routes + "{name}", routes + "none", null, Boss, 404);
        await ProvokeAsync("delete", routes + "{name}", routes + "good", null, Boss, 412, ("If-Match", "\"77\""));
        await ProvokeAsync("post", "/api/2.0/gateway/limits/", "/api/2.0/gateway/limits/", """{"route":"none","limits":[]}""", Boss, 404);
        await ProvokeAsync("post", "/api/2.0/gateway/limits/", "/api/2.0/gateway/limits/", """{"route":"good","limits":[{"calls":"x"}]}""", Boss, 422);
        await ProvokeAsync("get", "/api/2.0/gateway/limits/{name}", "/api/2.0/gateway/limits/none", null, Boss, 404);
        await ProvokeAsync("get", "/api/2.0/gateway/keys/", "/api/2.0/gateway/keys/?page_token=none", null, Boss, 400);
        await ProvokeAsync("post", "/api/2.0/gateway/keys/", "/api/2.0/gateway/keys/", """{"owner":7}""", Boss, 422);
        await ProvokeAsync("patch", "/api/2.0/gateway/keys/{keyId}", "/api/2.0/gateway/keys/none", "{}", Boss, 404);
        await ProvokeAsync("get", "/v1/models/{model}", "/v1/models/none", null, Boss, 404);
        await ProvokeAsync("get", "/anthropic/v1/models/{model}", "/anthropic/v1/models/none", null, Boss, 404);
        await ProvokeAsync("get", "/gemini/v1beta/models/{model}", "/gemini/v1beta/models/none", null, Boss, 404);
        Verify();
    }

    [Fact]
    public async Task Are_documented_for_the_third_generations_management()
    {
        const string template = "/{api}/{version}/mlflow/gateway";
        await AddAsync("good", "openai");
        var (_, models) = await SendAsync("get", $"{Managed}/model-definitions/list", null, Boss);
        var used = (string)JsonNode.Parse(models)!["model_definitions"]![0]!["model_definition_id"]!;
        Task AskAsync(string verb, string path, string? body, string? key, int status) => ProvokeAsync(verb, template + path.Split('?')[0], Managed + path, body, key, status);

        await AskAsync("get", "/secrets/list", null, null, 401);
        await AskAsync("post", "/secrets/create", "{}", _guest, 403);
        await AskAsync("post", "/secrets/create", "{}", Boss, 400);
        await AskAsync("post", "/secrets/create", $$"""{"secret_name":"{{Longest}}"}""", Boss, 413);
        await AskAsync("get", "/secrets/get", null, Boss, 400);
        await AskAsync("get", "/secrets/get?secret_name=none", null, Boss, 404);
        await AskAsync("patch", "/secrets/update", """{"secret_id":"none"}""", Boss, 404);
        await AskAsync("delete", "/model-definitions/delete", $$"""{"model_definition_id":"{{used}}"}""", Boss, 500);
        await AskAsync("post", "/endpoints/create", $$"""{"name":"good","model_configs":[{"model_definition_id":"{{used}}"}]}""", Boss, 400);
        await AskAsync("post", "/endpoints/set-tag", $$"""{"endpoint_id":"{{await FileRouteAsync()}}","key":"a"}""", Boss, 409);
        await AskAsync("post", "/endpoints/models/attach", """{"endpoint_id":"none","model_config":{"model_definition_id":"none"}}""", Boss, 404);
        await AskAsync("get", "/provider-config", null, Boss, 400);
        Verify();
    }

    private async Task<string> FileRouteAsync()
    {
        await _gateway.AddRouteAsync(new GatewayRoute { Name = "filed", Id = "e-filed", Targets = [_gateway.Target()], Source = "file" });
        return "e-filed";
    }

    private void Verify()
    {
        Assert.True(_faults.Count == 0, string.Join('\n', _faults));
        _document.RequireFit(_answers);
    }

    private async Task ProvokeAsync(string verb, string template, string path, string? body, string? key, int status, params (string Name, string Value)[] headers)
    {
        var (given, text) = await SendAsync(verb, path, body, key, headers);
        var name = $"{verb} {path} {status}";
        if (given != status)
        {
            _faults.Add($"{name}: {given} {text}");
        }
        else if (_document.Root["paths"]![template]![verb]!["responses"]![$"{status}"] is not { } documented)
        {
            _faults.Add($"{name} is not documented.");
        }
        else
        {
            _answers.Add((name, ((string)_document.Resolved(documented)["content"]!["application/json"]!["schema"]!["$ref"]!)[1..], JsonNode.Parse(text)));
        }
    }

    private async Task<(int Status, string Body)> SendAsync(string verb, string path, string? body, string? key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _gateway.Client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task AddAsync(string name, string provider, string script = "echo", RouteOptionSet? options = null, IReadOnlyList<Limit>? limits = null, Func<Target, JsonObject>? config = null)
    {
        var target = _gateway.Target(script, provider);
        return _gateway.AddRouteAsync(new GatewayRoute
        {
            Name = name,
            Id = "e-" + Guid.NewGuid().ToString("N"),
            Targets = [config is null ? target : target with { Config = config(target) }],
            Options = options ?? RouteOptionSet.Default,
            Limits = limits ?? [],
        });
    }
}

using System.Net;
using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>What holds on every surface: headers, traces, and refusals in the words that its clients read.</summary>
public sealed class SurfaceTests : IAsyncLifetime
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]";
    private GatewayUnderTest _gateway = null!;

    /// <summary>A surface: the provider behind it, its path with the route in it, its body with the model in it, and how a stream is asked for (null: not at all).</summary>
    internal sealed record Surface(string Provider, string Path, string Body, string? Stream, Func<JsonNode, string?> Message)
    {
        public bool NamesModel => Body.Contains("{r}", StringComparison.Ordinal);

        public string PathOf(string route) => Path.Replace("{r}", route, StringComparison.Ordinal);

        public string BodyOf(string route) => Body.Replace("{r}", route, StringComparison.Ordinal);
    }

    private static readonly Func<JsonNode, string?> Detail = body => body["detail"] is JsonObject json ? (string?)json["message"] : (string?)body["detail"];
    private static readonly Func<JsonNode, string?> Both = body => (string?)body["error"]!["message"] is { } text && body.AsObject().ContainsKey("detail") && body["error"]!.AsObject().ContainsKey("code") ? text : null;
    private static readonly Func<JsonNode, string?> OpenAI = body => body.AsObject().ContainsKey("detail") ? null : (string?)body["error"]!["message"];
    private static readonly Func<JsonNode, string?> Anthropic = body => (string?)body["type"] == "error" ? (string?)body["error"]!["message"] : null;
    private static readonly Func<JsonNode, string?> Gemini = body => body["error"]!["status"] is not null && body["error"]!["code"] is not null ? (string?)body["error"]!["message"] : null;
    private static readonly Func<JsonNode, string?> Mistral = body => (string?)body["object"] == "error" ? (string?)body["message"] : null;
    private static readonly Func<JsonNode, string?> Cohere = body => (string?)body["message"];

    internal static readonly Dictionary<string, Surface> All = new()
    {
        ["invocations"] = new("anthropic", "/gateway/{r}/mlflow/invocations", $"{{{Messages}}}", "body", Detail),
        ["mlflow chat"] = new("anthropic", "/gateway/mlflow/v1/chat/completions", $"{{\"model\":\"{{r}}\",{Messages}}}", "body", Both),
        ["mlflow embeddings"] = new("openai", "/gateway/mlflow/v1/embeddings", """{"model":"{r}","input":"hi"}""", null, Both),
        ["v1 chat"] = new("openai", "/v1/chat/completions", $"{{\"model\":\"{{r}}\",{Messages}}}", "body", Both),
        ["v1 completions"] = new("openai", "/v1/completions", """{"model":"{r}","prompt":"hi"}""", "body", Both),
        ["v1 embeddings"] = new("openai", "/v1/embeddings", """{"model":"{r}","input":"hi"}""", null, Both),
        ["v1 responses"] = new("openai", "/v1/responses", """{"model":"{r}","input":"hi"}""", "body", Both),
        ["deployments"] = new("openai", "/openai/deployments/{r}/chat/completions?api-version=2024-10-21", $"{{{Messages}}}", "body", Both),
        ["openai chat"] = new("openai", "/gateway/openai/v1/chat/completions", $"{{\"model\":\"{{r}}\",{Messages}}}", "body", OpenAI),
        ["openai embeddings"] = new("openai", "/gateway/openai/v1/embeddings", """{"model":"{r}","input":"hi"}""", null, OpenAI),
        ["openai responses"] = new("openai", "/gateway/openai/v1/responses", """{"model":"{r}","input":"hi"}""", "body", OpenAI),
        ["anthropic messages"] = new("anthropic", "/gateway/anthropic/v1/messages", $"{{\"model\":\"{{r}}\",\"max_tokens\":9,{Messages}}}", "body", Anthropic),
        ["anthropic short"] = new("anthropic", "/anthropic/v1/messages", $"{{\"model\":\"{{r}}\",\"max_tokens\":9,{Messages}}}", "body", Anthropic),
        ["anthropic count_tokens"] = new("anthropic", "/anthropic/v1/messages/count_tokens", $"{{\"model\":\"{{r}}\",{Messages}}}", null, Anthropic),
        ["gemini"] = new("gemini", "/gateway/gemini/v1beta/models/{r}:generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "path", Gemini),
        ["gemini short"] = new("gemini", "/gemini/v1beta/models/{r}:generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "path", Gemini),
        ["gemini countTokens"] = new("gemini", "/gemini/v1beta/models/{r}:countTokens", """{"contents":[{"parts":[{"text":"hi"}]}]}""", null, Gemini),
        ["mistral"] = new("mistral", "/mistral/v1/chat/completions", $"{{\"model\":\"{{r}}\",{Messages}}}", "body", Mistral),
        ["cohere"] = new("cohere", "/cohere/v2/chat", $"{{\"model\":\"{{r}}\",{Messages}}}", "body", Cohere),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    public async Task InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync(
        services => services.AddSingleton<ILoggerProvider, Log>(), ("Gateway__Deadlines__Total", "00:00:10"), ("MLFLOW_GATEWAY_BLOCKED_PROVIDERS", "groq"));

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Tells_times_target_and_attempts_and_carries_the_trace_on(string name)
    {
        var surface = All[name];
        await AddAsync(surface, "falls", "status=503", "echo");
        await AddAsync(surface, "fails", "status=400");
        await AddAsync(surface, "serves", "echo");
        foreach (var (route, status, attempts) in ((string, int, string)[])[("serves", 200, "1"), ("falls", 200, "2"), ("fails", 400, "1")])
        {
            foreach (var streams in surface.Stream is null ? [false] : (bool[])[false, true])
            {
                _gateway.Provider.Clear();
                using var answer = await SendAsync(surface, route, streams);
                var text = await answer.Content.ReadAsStringAsync();

                Assert.True(status == (int)answer.StatusCode, text);
                Assert.Equal(attempts, answer.Headers.GetValues("X-Gateway-Attempts").Single());
                Assert.StartsWith(surface.Provider + "/", answer.Headers.GetValues("X-Gateway-Target").Single(), StringComparison.Ordinal);
                var isMlflow = surface.Path.StartsWith("/gateway/", StringComparison.Ordinal);
                Assert.Equal(isMlflow, answer.Headers.Contains("X-MLflow-Gateway-Duration-Ms"));
                // The provider's time is known before a stream begins only; MLflow leaves the header out there too.
                Assert.Equal(isMlflow && !streams, answer.Headers.Contains("X-MLflow-Gateway-Overhead-Duration-Ms"));
                Assert.All(_gateway.Provider.Requests, sent =>
                {
                    Assert.StartsWith($"00-{Trace}-", sent.Headers["traceparent"], StringComparison.Ordinal);
                    Assert.DoesNotContain(Span, sent.Headers["traceparent"], StringComparison.Ordinal);
                    Assert.Equal("vendor=1", sent.Headers["tracestate"]);
                    Assert.False(sent.Headers.ContainsKey("baggage"));
                });
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Refuses_in_the_words_of_the_surface(string name)
    {
        var surface = All[name];
        await AddAsync(surface, "refuses", "status=400");
        await AddAsync(surface, "breaks", "status=500");
        await AddAsync(surface, "dies", "cut=0");
        await AddAsync(surface, "limited", "echo", limits: [new Limit(1, "hour", null)]);
        var blocked = _gateway.Target(provider: surface.Provider) with { Provider = "groq", Config = new JsonObject { ["groq_api_key"] = "k", ["groq_api_base"] = $"{_gateway.Provider.Address}v1" } };
        await _gateway.AddRouteAsync(new GatewayRoute { Name = "blocked", Id = "e-blocked", Targets = [blocked] });
        Assert.Equal(200, (int)(await SendAsync(surface, "limited", streams: false)).StatusCode);

        await RefusedAsync("refuses", 400, "The script says 400.");
        await RefusedAsync("breaks", 500, "The script says 500.");
        await RefusedAsync("dies", 502, "The provider '");
        await RefusedAsync("limited", 429, "Route 'limited' allows 1 per 1 hour");
        await RefusedAsync("blocked", 400, "Provider 'groq' is not allowed by the current gateway provider policy.");
        await RefusedAsync("nobody", 404, "nobody");
        await RefusedAsync("refuses", 400, "", body: "{bad");
        if (surface.NamesModel)
        {
            await RefusedAsync("refuses", 400, "Missing required 'model' parameter in request body", body: surface.BodyOf(""));
            await RefusedAsync("refuses", 400, "Missing required 'model' parameter in request body", body: surface.Body.Replace("\"model\":\"{r}\",", "", StringComparison.Ordinal));
        }

        async Task RefusedAsync(string route, int status, string message, string? body = null)
        {
            foreach (var streams in surface.Stream is null || body is not null ? [false] : (bool[])[false, true])
            {
                using var answer = await SendAsync(surface, route, streams, body);
                var text = await answer.Content.ReadAsStringAsync();

                Assert.True(status == (int)answer.StatusCode, $"{route}: {(int)answer.StatusCode} {text}");
                Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
                // What the provider itself says of the client's mistake goes on as it is; the scripted one speaks OpenAI's words where Mistral would be asked.
                var isProviders = surface.Provider == "mistral" && route == "refuses" && body is null;
                var told = isProviders ? text : surface.Message(JsonNode.Parse(text)!);
                Assert.True(told?.Contains(message, StringComparison.Ordinal), $"{route}: {text}");
                Assert.Equal(status == 429, answer.Headers.Contains("RateLimit"));
            }
        }
    }

    /// <summary>Where somebody logs, ASP.NET Core makes a span of its own for each request.</summary>
    private sealed class Log : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }

    private async Task AddAsync(Surface surface, string name, string script, string? fallback = null, Limit[]? limits = null) => await _gateway.AddRouteAsync(new GatewayRoute
    {
        Name = name,
        Id = "e-" + name,
        Targets = fallback is null ? [_gateway.Target(script, surface.Provider)] : [_gateway.Target(script, surface.Provider), _gateway.Target(fallback, surface.Provider) with { IsFallback = true }],
        FallbackAttempts = 0,
        Limits = limits ?? [],
    });

    private Task<HttpResponseMessage> SendAsync(Surface surface, string route, bool streams, string? body = null)
    {
        var (path, text) = (surface.PathOf(route), body ?? surface.BodyOf(route));
        if (streams)
        {
            (path, text) = surface.Stream == "path" ? (path.Replace(":generateContent", ":streamGenerateContent?alt=sse", StringComparison.Ordinal), text) : (path, text[..^1] + ",\"stream\":true}");
        }

        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(text, null, "application/json") };
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{Trace}-{Span}-01");
        request.Headers.TryAddWithoutValidation("tracestate", "vendor=1");
        request.Headers.TryAddWithoutValidation("baggage", "user=ann");
        return _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}

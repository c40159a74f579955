using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Upstream.Egress;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>Nothing that a caller writes chooses where a call goes. The listener may be reached by the egress rule, so that nothing but the gateway's
/// own deafness keeps calls from it.</summary>
public sealed class HostChoiceTests : IAsyncLifetime, IDisposable
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private readonly CountingListener _listener = new();
    private GuardedGateway _gateway = null!;

    private string There => $"http://127.0.0.2:{_listener.Port}";

    public async Task InitializeAsync()
    {
        // Every name means the listener too.
        _gateway = await GuardedGateway.StartAsync(
            builder => builder.Services.AddSingleton<UpstreamHandler.Resolver>((_, _) => Task.FromResult<System.Net.IPAddress[]>([System.Net.IPAddress.Parse("127.0.0.2")])),
            ("Gateway__Egress__AllowedHosts", $"127.0.0.1,127.0.0.2,127.0.0.2:{_listener.Port},named.example"));
        _gateway.Vault.Set("openai", "sk-1", _gateway.Origin);
        await PutAsync("chat", $"{_gateway.Provider.Address}v1");
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public void Dispose() => _listener.Dispose();

    private static string[] Surfaces =>
    [
        "/gateway/chat/invocations", "/endpoints/chat/invocations", "/gateway/chat/mlflow/invocations", "/v1/chat/completions", "/gateway/openai/v1/chat/completions",
        "/openai/deployments/chat/chat/completions", "/gateway/proxy/chat/v1/chat/completions",
    ];

    public static TheoryData<string> Headers =>
    [
        "api_base", "api-base", "X-Api-Base", "base_url", "base-url", "X-Base-Url", "openai_api_base", "X-OpenAI-Api-Base", "OpenAI-Base-Url", "OpenAI-Organization",
        "x-portkey-custom-host", "x-portkey-provider", "x-portkey-config", "x-portkey-forward-headers", "x-portkey-virtual-key", "x-litellm-api-base", "Helicone-Target-Url",
        "Helicone-OpenAI-Api-Base", "X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "Forwarded", "X-Host",
        "X-Original-Host", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Host-Override", "X-Envoy-Original-Dst-Host", "X-Real-IP", "Via", "Destination", "Location", "Content-Location",
        "Referer", "Origin", "X-Upstream", "X-Target-Url", "X-Target-Host", "X-Backend-Host", "X-Gateway-Host", "X-Gateway-Base-Url", "X-MLflow-Gateway-Target", "Proxy",
        "X-Proxy-Url", "X-Azure-Endpoint", "azure_endpoint", "X-Original-Forwarded-For", "X-WAWS-Unencoded-URL", "X-ARR-LOG-ID", "DISGUISED-HOST", "X-MS-Original-URL",
        "anthropic-base-url", "X-Model-Server-Url", "X-Provider", "X-Gateway-Target", "traceparent", "tracestate", "User-Agent", "Idempotency-Key", "X-Stainless-Base-Url",
    ];

    public static TheoryData<string> Members =>
    [
        "api_base", "base_url", "baseURL", "openai_api_base", "anthropic_api_base", "azure_endpoint", "azure_api_base", "endpoint", "endpoint_url", "host", "hostname", "url", "target",
        "custom_host", "provider_url", "model_server_url", "api_type", "provider", "custom_llm_provider", "gateway_path", "proxy", "organization", "webhook_url", "callback_url", "metadata",
    ];

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Sends_no_call_where_a_header_says(string name)
    {
        foreach (var value in new[] { There, There["http://".Length..], $"host={There};proto=https", $$"""{"custom_host":"{{There}}/v1","provider":"openai"}""" })
        {
            foreach (var surface in Surfaces)
            {
                await AssertGoesHomeAsync(surface, BodyFor(surface, new JsonObject()), (name, value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task Sends_no_call_where_a_body_says(string name)
    {
        foreach (var surface in Surfaces)
        {
            await AssertGoesHomeAsync(surface, BodyFor(surface, new JsonObject { [name] = There }));
            await AssertGoesHomeAsync(surface, BodyFor(surface, new JsonObject { [name] = "http://named.example" }));
            foreach (var outer in new[] { "config", "auth_config", "litellm_params", "extra_body", "extra_headers", "gateway_options", "openai_config", "metadata" })
            {
                await AssertGoesHomeAsync(surface, BodyFor(surface, new JsonObject { [outer] = new JsonObject { [name] = There } }));
            }
        }
    }

    [Theory]
    [InlineData("?api_base={there}")]
    [InlineData("?base_url={there}&url={there}&host={there}&endpoint={there}")]
    [InlineData("?x-portkey-custom-host={there}")]
    [InlineData("?api-version={there}")]
    public async Task Sends_no_call_where_a_query_says(string query)
    {
        foreach (var surface in Surfaces)
        {
            await AssertGoesHomeAsync(surface + query.Replace("{there}", There, StringComparison.Ordinal), BodyFor(surface, []));
        }
    }

    /// <summary>What no client library would let us write.</summary>
    [Theory]
    [InlineData("/gateway/chat/invocations", "127.0.0.2:{port}")]
    [InlineData("/gateway/chat/invocations", "named.example")]
    [InlineData("http://127.0.0.2:{port}/gateway/chat/invocations", "127.0.0.2:{port}")]
    [InlineData("http://127.0.0.2:{port}/gateway/chat/invocations", "127.0.0.1")]
    [InlineData("http://127.0.0.2:{port}/gateway/proxy/chat/v1/chat/completions", "127.0.0.2:{port}")]
    [InlineData("/gateway/proxy/chat//127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat///127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/http://127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/http:%2F%2F127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/%2F%2F127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/%2f127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/%5C%5C127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/\\\\127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/..//127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/../../127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/%2e%2e/%2e%2e//127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/..%2f..%2f127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/..%252f..%252f127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/@127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/:80@127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/.named.example/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/%0d%0aHost:%20127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/proxy/chat/v1/chat/completions#@127.0.0.2:{port}")]
    [InlineData("/gateway/proxy/chat/v1/chat/completions;@127.0.0.2:{port}")]
    [InlineData("/gateway/proxy/http:%2f%2f127.0.0.2:{port}/v1/chat/completions")]
    [InlineData("/gateway/http:%2f%2f127.0.0.2:{port}/invocations")]
    [InlineData("/openai/deployments/..%2f..%2f..%2f127.0.0.2:{port}/chat/completions")]
    [InlineData("/gemini/v1beta/models/%2f%2f127.0.0.2:{port}:generateContent")]
    [InlineData("//127.0.0.2:{port}/gateway/chat/invocations")]
    [InlineData("@127.0.0.2:{port}/gateway/chat/invocations")]
    public async Task Sends_no_call_where_a_request_line_says(string target, string host = "127.0.0.1")
    {
        var (port, body) = (_listener.Port.ToString(CultureInfo.InvariantCulture), $$"""{{{Messages}}}""");
        var (address, text) = (_gateway.Client.BaseAddress!, new StringBuilder());
        text.Append(CultureInfo.InvariantCulture, $"POST {target} HTTP/1.1\r\nHost: {host}\r\nx-api-key: {_gateway.Key}\r\nContent-Type: application/json\r\nConnection: close\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n{body}").Replace("{port}", port);
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text.ToString()));
        using var reader = new StreamReader(stream, Encoding.ASCII);

        var status = int.Parse((await reader.ReadToEndAsync()).Split(' ')[1], CultureInfo.InvariantCulture);

        await AssertNobodyLeftAsync(status, target);
    }

    [Fact]
    public async Task Follows_no_redirect()
    {
        foreach (var status in new[] { 301, 302, 303, 307, 308 })
        {
            foreach (var surface in Surfaces)
            {
                foreach (var location in new[] { There, There["http:".Length..], "http://named.example/" })
                {
                    _gateway.Provider.Enqueue(new Script { Status = status, Body = "{}", Headers = new Dictionary<string, string> { ["Location"] = location, ["Refresh"] = $"0;url={location}" } });
                    using var answer = await _gateway.AskAsync("POST", surface, BodyFor(surface, []), ("x-api-key", _gateway.Key));
                    Assert.Equal(502, (int)answer.StatusCode);
                    Assert.Null(answer.Headers.Location);
                    Assert.DoesNotContain("127.0.0.2", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                }
            }
        }

        Assert.Equal(0, await _listener.CountAsync());
    }

    [Theory]
    [InlineData("http://127.0.0.2:{port}/v1")]
    [InlineData("http://named.example:{port}/v1")]
    public async Task Is_counted_where_a_route_does_lead(string address)
    {
        await PutAsync("there", address.Replace("{port}", _listener.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));

        Assert.InRange((await _gateway.InvokeAsync("there")).Status, 500, 503);
        Assert.NotEqual(0, await _listener.CountAsync());
    }

    private static string BodyFor(string surface, JsonObject more)
    {
        var body = JsonNode.Parse($$"""{{{Messages}}}""")!.AsObject();
        if (surface is "/v1/chat/completions" or "/gateway/openai/v1/chat/completions")
        {
            body["model"] = "chat";
        }

        foreach (var (name, value) in more)
        {
            body[name] = value?.DeepClone();
        }

        return body.ToJsonString();
    }

    private async Task AssertGoesHomeAsync(string surface, string body, params (string Name, string Value)[] headers)
    {
        var (status, answer) = await _gateway.SendAsync("POST", surface, body, [("x-api-key", _gateway.Key), .. headers]);
        Assert.True(status is 200 or (>= 400 and < 500), $"{surface}: {status} {answer}");
        await AssertNobodyLeftAsync(status, surface);
    }

    // A call that was served went to the route's own address, and one that was refused went nowhere.
    private async Task AssertNobodyLeftAsync(int status, string what)
    {
        var requests = _gateway.Provider.Requests.ToArray();
        _gateway.Provider.Clear();
        Assert.Equal(0, await _listener.CountAsync());
        Assert.True(status < 500 && requests.Length == (status == 200 ? 1 : 0), $"{what}: {status}, {requests.Length} requests.");
        Assert.All(requests, request => Assert.Equal(_gateway.Provider.Address.Authority, request.Headers["Host"]));
        Assert.All(requests, request => Assert.EndsWith("/v1/chat/completions", request.Path, StringComparison.Ordinal));
    }

    private Task PutAsync(string name, string address) => _gateway.PutAsync(new GatewayRoute
    {
        Name = name,
        Id = "e-" + name,
        Type = RouteType.Chat,
        Options = new RouteOptionSet { AllowProxy = true },
        Targets =
        [
            new Target
            {
                Id = "m-" + name, DefinitionId = "d-" + name, Provider = "openai", Model = "echo", IsOperators = true,
                Config = new JsonObject { ["openai_api_key"] = name == "chat" ? "keyvault:openai" : "$SETTING_API_KEY", ["openai_api_base"] = address },
            },
        ],
    });
}

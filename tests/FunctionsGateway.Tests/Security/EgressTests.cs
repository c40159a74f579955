using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>No route reaches an address that is not of the public internet; every target of these tests is loopback, where a listener counts.</summary>
public sealed class EgressTests : IAsyncLifetime, IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Parse("127.0.0.2"), 0);
    private readonly ScriptedResolver _resolver = new();
    private readonly CancellationTokenSource _end = new();
    private GuardedGateway _gateway = null!;
    private int _connections;

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async Task InitializeAsync()
    {
        _listener.Start();
        _ = CountAsync();
        _gateway = await GuardedGateway.StartAsync(
            builder => builder.Services.AddSingleton<UpstreamHandler.Resolver>(_resolver.ResolveAsync), ("Gateway__Egress__AllowedHosts", "127.0.0.1,listed.example"));
        _gateway.Vault.Set("any-api-key", "sk-1");
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _gateway.DisposeAsync();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _end.Dispose();
    }

    public static TheoryData<string> Spellings =>
    [
        "https://127.0.0.2:{port}", "https://2130706434:{port}", "https://0x7f000002:{port}", "https://0x7f.0.0.2:{port}", "https://0177.0.0.2:{port}",
        "https://017700000002:{port}", "https://127.2:{port}", "https://127.0.2:{port}", "https://127.0.0.2.:{port}", "https://[::ffff:127.0.0.2]:{port}",
        "https://[::ffff:7f00:2]:{port}", "https://[::127.0.0.2]:{port}", "https://[64:ff9b::7f00:2]:{port}", "https://[2002:7f00:2::]:{port}",
        "https://①②⑦.0.0.②:{port}", "https://127。0。0。2:{port}", "https://127.0.0.2%2e:{port}", "https://api.openai.com@127.0.0.2:{port}",
        "https://api.openai.com%40127.0.0.2:{port}", "https://127.0.0.2:{port}#@api.openai.com", "https://127.0.0.2:{port}\\@api.openai.com",
        "http://127.0.0.2:{port}", "https://user:pw@127.0.0.2:{port}", "gopher://127.0.0.2:{port}", "//127.0.0.2:{port}",
    ];

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task Leaves_no_request_to_any_spelling_of_a_private_address(string spelling)
    {
        var address = spelling.Replace("{port}", Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

        Assert.Equal(422, (await _gateway.CreateRouteAsync("chat", "keyvault:any-api-key", address)).Status);

        // And had it come into the table by another way, the connection would not be made.
        await PutAsync("chat", address);
        var (status, body) = await _gateway.InvokeAsync("chat");
        Assert.InRange(status, 500, 503);
        Assert.DoesNotContain("sk-1", body, StringComparison.Ordinal);
        Assert.Equal(0, _connections);
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("::ffff:127.0.0.2")]
    [InlineData("::1")]
    public async Task Looks_at_the_address_when_it_connects(string address)
    {
        _resolver.Answers.Enqueue([IPAddress.Parse(address)]);
        await PutAsync("chat", $"https://rebound.example:{Port}");

        var (status, body) = await _gateway.InvokeAsync("chat");

        Assert.Equal(502, status);
        Assert.Contains("no public address", body, StringComparison.Ordinal);
        Assert.Equal(0, _connections);
    }

    [Fact]
    public async Task Connects_to_the_very_address_that_it_looked_at()
    {
        // Whoever asked twice would get the listener's address the second time.
        _resolver.Answers.Enqueue([IPAddress.Parse("127.0.0.1")]);
        _resolver.Answers.Enqueue([IPAddress.Parse("127.0.0.2")]);
        await PutAsync("chat", $"http://listed.example:{_gateway.Provider.Address.Port}");

        Assert.Equal(200, (await _gateway.InvokeAsync("chat")).Status);
        Assert.Equal(1, _resolver.Asked);
        Assert.Equal(0, _connections);
    }

    [Fact]
    public async Task Follows_no_redirect()
    {
        await PutAsync("chat", $"{_gateway.Provider.Address}v1");
        foreach (var status in new[] { 301, 302, 307, 308 })
        {
            _gateway.Provider.Enqueue(new Script { Status = status, Body = "{}", Headers = new Dictionary<string, string> { ["Location"] = $"http://127.0.0.2:{Port}/" } });
            var answer = await _gateway.InvokeAsync("chat");
            Assert.Equal(502, answer.Status);
            Assert.DoesNotContain("127.0.0.2", answer.Body, StringComparison.Ordinal);
        }

        Assert.Equal(0, _connections);
    }

    [Fact]
    public async Task Sends_no_call_where_a_header_or_a_body_says()
    {
        await PutAsync("chat", $"{_gateway.Provider.Address}v1");
        var there = $"http://127.0.0.2:{Port}";
        using var answer = await _gateway.AskAsync(
            "POST",
            "/gateway/chat/invocations",
            new JsonObject { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "hi" }), ["api_base"] = there, ["base_url"] = there, ["openai_api_base"] = there }.ToJsonString(),
            ("x-api-key", _gateway.Key), ("X-Forwarded-Host", there), ("X-Portkey-Custom-Host", there), ("X-Api-Base", there), ("Forwarded", $"host={there}"));

        Assert.Equal(0, _connections);
        Assert.DoesNotContain(_gateway.Provider.Requests, request => request.Headers.Any(header => header.Value.Contains("127.0.0.2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Brings_back_no_cookie_and_nothing_of_the_server()
    {
        await PutAsync("chat", $"{_gateway.Provider.Address}v1");
        _gateway.Provider.Enqueue(new Script { Headers = new Dictionary<string, string> { ["Set-Cookie"] = "a=b", ["Server"] = "nginx", ["X-Internal"] = "1", ["Keep-Alive"] = "5" } });

        using var answer = await _gateway.AskAsync("POST", "/gateway/chat/invocations", """{"messages":[{"role":"user","content":"hi"}]}""", ("x-api-key", _gateway.Key));

        Assert.True(answer.IsSuccessStatusCode);
        foreach (var name in new[] { "Set-Cookie", "Server", "X-Internal", "Keep-Alive" })
        {
            Assert.False(answer.Headers.Contains(name), name);
        }
    }

    [Fact]
    public async Task Sends_an_untagged_key_to_no_host_that_is_not_the_providers()
    {
        _resolver.Answers.Enqueue([IPAddress.Parse("127.0.0.2")]);
        await PutAsync("chat", "https://evil.example", key: "$SETTING_API_KEY");

        var (status, body) = await _gateway.InvokeAsync("chat");

        Assert.Equal(503, status);
        Assert.Contains("may not go to", body, StringComparison.Ordinal);
        Assert.Equal(0, _resolver.Asked);
    }

    private async Task PutAsync(string name, string address, string? key = null)
    {
        var route = new GatewayRoute
        {
            Name = name,
            Id = "e-1",
            Type = RouteType.Chat,
            Targets =
            [
                new Target
                {
                    Id = "m-1", DefinitionId = "d-1", Provider = "openai", Model = "echo", IsOperators = key is null,
                    Config = new JsonObject { ["openai_api_key"] = key ?? "keyvault:any-api-key", ["openai_api_base"] = address },
                },
            ],
        };
        await _gateway.Services.GetRequiredService<IRouteStore>().CommitAsync([new RouteEdit(name, route, null)], null, CancellationToken.None);
        await _gateway.Services.GetRequiredService<RouteBook>().ReloadAsync(name, CancellationToken.None);
    }

    private async Task CountAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var socket = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _connections);
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private sealed class ScriptedResolver
    {
        public Queue<IPAddress[]> Answers { get; } = new();

        public int Asked { get; private set; }

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
        {
            Asked++;
            // What no test wrote leads nowhere: nothing outside of this machine is ever asked.
            return Task.FromResult(Answers.TryDequeue(out var addresses) ? addresses : []);
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Upstream.Egress;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>No route reaches an address that is not of the public internet; every target of these tests is loopback, where a listener counts.</summary>
public sealed class EgressTests : IAsyncLifetime, IDisposable
{
    private readonly CountingListener _listener = new();
    private readonly ScriptedResolver _resolver = new();
    private GuardedGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GuardedGateway.StartAsync(
            builder => builder.Services.AddSingleton<UpstreamHandler.Resolver>(_resolver.ResolveAsync), ("Gateway__Egress__AllowedHosts", "127.0.0.1,listed.example"));
        _gateway.Vault.Set("any-api-key", "sk-1");
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public void Dispose() => _listener.Dispose();

    /// <summary>Spellings that mean the listener, or that a resolver would be asked about, which here always means the listener.</summary>
    public static TheoryData<string> Spellings =>
    [
        "https://127.0.0.2:{port}", "https://2130706434:{port}", "https://0x7f000002:{port}", "https://0x7f.0.0.2:{port}", "https://0177.0.0.2:{port}",
        "https://017700000002:{port}", "https://127.2:{port}", "https://127.0.2:{port}", "https://127.0.0.2.:{port}", "https://[::ffff:127.0.0.2]:{port}",
        "https://[::ffff:7f00:2]:{port}", "https://①②⑦.0.0.②:{port}", "https://127。0。0。2:{port}", "https://127.0.0.2%2e:{port}", "https://api.openai.com@127.0.0.2:{port}",
        "https://api.openai.com%40127.0.0.2:{port}", "https://127.0.0.2:{port}#@api.openai.com", "https://127.0.0.2:{port}\\@api.openai.com",
        "http://127.0.0.2:{port}", "https://user:pw@127.0.0.2:{port}", "gopher://127.0.0.2:{port}", "//127.0.0.2:{port}",
        "https://ⓛⓘⓢⓣⓔⓓ.example:{port}", "https://listed.example.:{port}", "https://listed%2eexample:{port}", "https://listed。example:{port}",
    ];

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task Leaves_no_request_to_any_spelling_of_a_private_address(string spelling)
    {
        var address = spelling.Replace("{port}", _listener.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Equal(422, (await _gateway.CreateRouteAsync("chat", "keyvault:any-api-key", address)).Status);
        if (spelling.Contains("example", StringComparison.Ordinal))
        {
            // What it means is listed: how it is written is all that is wrong with it.
            return;
        }

        // And had it come into the table by another way, the connection would not be made.
        await PutAsync("chat", address);
        var (status, body) = await _gateway.InvokeAsync("chat");
        Assert.InRange(status, 500, 503);
        Assert.DoesNotContain("sk-1", body, StringComparison.Ordinal);
        Assert.Equal(0, await _listener.CountAsync());
    }

    /// <summary>Spellings that would leave the machine if nothing stopped them, so that no test dials them; their addresses are of <c>PublicAddressTests</c>' table.</summary>
    [Theory]
    [InlineData("https://[::127.0.0.2]")]
    [InlineData("https://[64:ff9b::7f00:2]")]
    [InlineData("https://[2002:7f00:2::]")]
    [InlineData("https://[2001:0:7f00:2::]")]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://[::ffff:169.254.169.254]")]
    [InlineData("https://2852039166")]
    [InlineData("https://0xa9fea9fe")]
    [InlineData("https://0251.0376.0251.0376")]
    [InlineData("https://168.63.129.16")]
    [InlineData("https://100.64.0.1")]
    [InlineData("https://10.0.0.1")]
    [InlineData("https://[fd00::1]")]
    [InlineData("https://[fe80::1]")]
    [InlineData("https://224.0.0.1")]
    [InlineData("https://0.0.0.0")]
    public async Task Takes_no_route_to_an_address_that_carries_or_is_a_private_one(string address) =>
        Assert.Equal(422, (await _gateway.CreateRouteAsync("chat", "keyvault:any-api-key", address)).Status);

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("::ffff:127.0.0.2")]
    public async Task Looks_at_the_address_when_it_connects(string address)
    {
        _resolver.Answers.Enqueue([IPAddress.Parse(address)]);
        await PutAsync("chat", $"https://rebound.example:{_listener.Port}");

        var (status, body) = await _gateway.InvokeAsync("chat");

        Assert.Equal(502, status);
        Assert.Contains("no public address", body, StringComparison.Ordinal);
        Assert.Equal(0, await _listener.CountAsync());
    }

    [Fact]
    public async Task Connects_to_the_very_address_that_it_looked_at()
    {
        // Whoever asked twice would get the listener's address the second time.
        _resolver.Answers.Enqueue([IPAddress.Parse("127.0.0.1")]);
        await PutAsync("chat", $"http://listed.example:{_gateway.Provider.Address.Port}");

        Assert.Equal(200, (await _gateway.InvokeAsync("chat")).Status);
        Assert.Equal(1, _resolver.Asked);
        Assert.Equal(0, await _listener.CountAsync());
    }

    public static TheoryData<string, string> Kinds => new()
    {
        { "openai", """{"openai_api_key":"$SETTING_API_KEY","openai_api_base":"BASE"}""" },
        { "gemini", """{"gemini_api_key":"$SETTING_API_KEY","gemini_api_base":"BASE"}""" },
        { "azure", """{"openai_api_key":"$SETTING_API_KEY","openai_api_base":"BASE","openai_deployment_name":"d","openai_api_version":"2024-10-21"}""" },
        { "azuread", """{"openai_api_base":"BASE","openai_deployment_name":"d","openai_api_version":"2024-10-21"}""" },
        { "openai", """{"openai_api_type":"azuread","openai_api_base":"BASE","openai_deployment_name":"d","openai_api_version":"2024-10-21"}""" },
        { "bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_access_key_id":"$SETTING_API_KEY","aws_secret_access_key":"$SETTING_API_KEY"}}""" },
        { "bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"$SETTING_API_KEY"}}""" },
        { "bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::1:role/r","aws_region":"us-east-1","aws_web_identity_audience":"a"}}""" },
        { "bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::1:role/r","aws_region":"us-east-1"}}""" },
        { "bedrock", """{"bedrock_api_base":"BASE","aws_config":{}}""" },
        { "vertex_ai", """{"vertex_project":"p","vertex_location":"us-central1","vertex_api_base":"BASE","vertex_credentials":"$SETTING_API_KEY"}""" },
        { "vertex_ai", """{"vertex_project":"p","vertex_location":"us-central1","vertex_api_base":"BASE"}""" },
        { "databricks", """{"host":"BASE"}""" },
        { "databricks", """{"host":"BASE","client_id":"i","client_secret":"$SETTING_API_KEY"}""" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Sends_an_untagged_key_to_no_host_that_is_not_the_providers(string provider, string config)
    {
        // Hosts too that belong to the provider's maker, and serve no models or are for other keys.
        string[] hosts = provider switch
        {
            "vertex_ai" => ["evil.example", "storage.googleapis.com", "evil.aiplatform.googleapis.com.evil.example"],
            "azuread" or "openai" when !config.Contains("openai_api_key", StringComparison.Ordinal) => ["evil.example", "api.openai.com", "eu.api.openai.com", "openai.azure.com.evil.example"],
            "databricks" when !config.Contains("client_id", StringComparison.Ordinal) => ["evil.example", "w.cloud.databricks.com"],
            _ => ["evil.example"],
        };
        foreach (var host in hosts)
        {
            await PutAsync("chat", $"https://{host}:{_listener.Port}", provider, config);

            var (status, body) = await _gateway.InvokeAsync("chat");

            Assert.Equal(503, status);
            Assert.Contains("may not go to", body, StringComparison.Ordinal);
            Assert.Equal((0, 0), (_resolver.Asked, await _listener.CountAsync()));
        }
    }

    [Theory]
    [InlineData("openai", """{"openai_api_key":"$SETTING_API_KEY","openai_api_base":"BASE"}""", "http://api.openai.com/v1")]
    [InlineData("ollama", """{"ollama_api_base":"BASE"}""", "http://public.example/v1")]
    public async Task Sends_nothing_in_the_clear_to_a_host_that_is_not_listed(string provider, string config, string address)
    {
        await PutAsync("chat", address, provider, config, isOperators: true);

        var (status, body) = await _gateway.InvokeAsync("chat");

        Assert.True(status == 503, body);
        Assert.Contains("by http", body, StringComparison.Ordinal);
        Assert.Equal((0, 0), (_resolver.Asked, await _listener.CountAsync()));
    }

    [Fact]
    public async Task Opens_no_connection_in_the_clear_to_a_host_that_is_not_listed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://tokens.example:{_listener.Port}/token");

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => _gateway.Services.GetRequiredService<HttpMessageInvoker>().SendAsync(request, default));

        Assert.Contains("https", failure.InnerException!.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (_resolver.Asked, await _listener.CountAsync()));
    }

    private Task PutAsync(string name, string address) =>
        PutAsync(name, address, "openai", """{"openai_api_key":"keyvault:any-api-key","openai_api_base":"BASE"}""", isOperators: true);

    private Task PutAsync(string name, string address, string provider, string config, bool isOperators = false) => _gateway.PutAsync(new GatewayRoute
    {
        Name = name,
        Id = "e-1",
        Type = RouteType.Chat,
        Targets =
        [
            new Target
            {
                Id = "m-1", DefinitionId = "d-1", Provider = provider, Model = "echo", IsOperators = isOperators,
                Config = JsonNode.Parse(config.Replace("BASE", JsonEncodedText.Encode(address, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(), StringComparison.Ordinal))!.AsObject(),
            },
        ],
    });

    private sealed class ScriptedResolver
    {
        private int _asked;

        public ConcurrentQueue<IPAddress[]> Answers { get; } = new();

        public int Asked => Volatile.Read(ref _asked);

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _asked);
            // What no test wrote leads to the listener: nothing outside of this machine is ever asked, and who goes there is counted.
            return Task.FromResult(Answers.TryDequeue(out var addresses) ? addresses : [IPAddress.Parse("127.0.0.2")]);
        }
    }
}

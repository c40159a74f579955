using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Core;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.LocalHost;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>The whole gateway on a socket as it runs in Azure: nobody anonymous, keys in a vault, a provider behind it.</summary>
internal sealed class GuardedGateway : IAsyncDisposable
{
    private readonly LocalHostServer _server;

    private GuardedGateway(LocalHostServer server, ScriptedProviderServer provider, VaultImitation vault)
    {
        (_server, Provider, Vault) = (server, provider, vault);
        // It sends what a test writes: no trace's header either, which comes and goes with whoever listens in the same process.
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null }) { BaseAddress = server.Address };
    }

    public ScriptedProviderServer Provider { get; }

    public VaultImitation Vault { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _server.Services;

    /// <summary>The provider's origin.</summary>
    public string Origin => Provider.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>A key that may do everything.</summary>
    public string Key { get; private set; } = "";

    public static Task<GuardedGateway> StartAsync(params (string Name, string Value)[] settings) => StartAsync(null, settings);

    public static async Task<GuardedGateway> StartAsync(Action<WebApplicationBuilder>? configure, params (string Name, string Value)[] settings)
    {
        var (provider, vault) = (await ScriptedProviderServer.StartAsync(), await VaultImitation.StartAsync());
        var all = new Dictionary<string, string?>
        {
            ["GatewayStorage"] = "memory",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Gateway__KeyVault__Uri"] = "https://keys.vault.azure.net",
            ["Gateway__KeyVault__WriteUri"] = "https://own.vault.azure.net",
            ["Gateway__Egress__AllowedHosts"] = "127.0.0.1",
            ["SETTING_API_KEY"] = "sk-from-a-setting",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        var server = await LocalHostServer.StartAsync(all, configure: builder =>
        {
            builder.Services.AddSingleton(VaultImitation.Options(vault.Port));
            builder.Services.AddSingleton(new Lazy<TokenCredential>(() => new ScriptedCredential()));
            configure?.Invoke(builder);
        });
        var gateway = new GuardedGateway(server, provider, vault);
        gateway.Key = await gateway.NewKeyAsync(["invoke", "manage"]);
        return gateway;
    }

    public async Task<string> NewKeyAsync(string[] roles, string[]? routes = null, string owner = "someone") => (await Services.GetRequiredService<KeyEditor>().CreateAsync(
        System.Text.Json.JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["owner"] = owner, ["roles"] = roles, ["routes"] = routes }), default)).Text;

    /// <summary>Creates a route at the scripted provider whose key is <paramref name="key"/>.</summary>
    public async Task<(int Status, string Body)> CreateRouteAsync(string name, string key, string? address = null, string script = "echo") => await SendAsync(
        "POST",
        "/api/2.0/gateway/routes/",
        new JsonObject
        {
            ["name"] = name,
            ["route_type"] = "llm/v1/chat",
            ["model"] = new JsonObject
            {
                ["name"] = script,
                ["provider"] = "openai",
                ["config"] = new JsonObject { ["openai_api_key"] = key, ["openai_api_base"] = address ?? $"{Provider.Address}v1" },
            },
        }.ToJsonString(),
        ("Authorization", $"Bearer {Key}"));

    /// <summary>Puts a route into storage, past everything that checks what a manager sends.</summary>
    public async Task PutAsync(GatewayRoute route)
    {
        var etag = (await Services.GetRequiredService<RouteBook>().FindAsync(route.Name, default))?.ETag;
        await Services.GetRequiredService<IRouteStore>().CommitAsync([new RouteEdit(route.Name, route, etag)], null, default);
        Assert.NotNull(await Services.GetRequiredService<RouteBook>().ReloadAsync(route.Name, default));
    }

    /// <summary>An operation of the third generation's management.</summary>
    public async Task<(int Status, JsonObject Json)> ManageAsync(string verb, string operation, JsonObject? body = null)
    {
        using var answer = await AskAsync(verb, $"/api/3.0/mlflow/gateway/{operation}", body?.ToJsonString(), ("Authorization", $"Bearer {Key}"));
        return ((int)answer.StatusCode, (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }

    public Task<(int Status, string Body)> InvokeAsync(string route, params (string Name, string Value)[] headers) => SendAsync(
        "POST", $"/gateway/{route}/invocations", """{"messages":[{"role":"user","content":"hello"}]}""", headers.Length > 0 ? headers : [("Authorization", $"Bearer {Key}")]);

    public async Task<(int Status, string Body)> SendAsync(string method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var answer = await AskAsync(method, path, json, headers);
        return ((int)answer.StatusCode, $"{answer.Headers}{answer.Content.Headers}\n{await answer.Content.ReadAsStringAsync()}");
    }

    public async Task<HttpResponseMessage> AskAsync(string method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        await Provider.DisposeAsync();
        await Vault.DisposeAsync();
    }

    internal sealed class ScriptedCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token-for-" + requestContext.Scopes.Single()[..^"/.default".Length], DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }
}

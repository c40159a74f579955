using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.LocalHost;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Support;

/// <summary>The whole gateway on a socket, with its storage in memory and a scripted provider behind it.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly LocalHostServer _server;

    private GatewayUnderTest(LocalHostServer server, ScriptedProviderServer provider)
    {
        _server = server;
        Provider = provider;
        Client = new HttpClient { BaseAddress = server.Address };
    }

    /// <summary>The provider behind the routes.</summary>
    public ScriptedProviderServer Provider { get; }

    /// <summary>A client of the gateway.</summary>
    public HttpClient Client { get; }

    /// <summary>The gateway's services.</summary>
    public IServiceProvider Services => _server.Services;

    /// <summary>Starts both; <paramref name="settings"/> are app settings beside those of local development.</summary>
    public static Task<GatewayUnderTest> StartAsync(params (string Name, string Value)[] settings) =>
        StartAsync(configure: null, settings);

    /// <summary>Starts another instance, which shares its health with the one whose store this is.</summary>
    public static Task<GatewayUnderTest> StartAsync(IHealthStore health, params (string Name, string Value)[] settings) =>
        StartAsync(services => services.AddSingleton(health), settings);

    /// <summary>Starts both; <paramref name="configure"/> puts services of a test's own in.</summary>
    public static async Task<GatewayUnderTest> StartAsync(Action<IServiceCollection>? configure, params (string Name, string Value)[] settings)
    {
        var provider = await ScriptedProviderServer.StartAsync();
        var all = new Dictionary<string, string?>
        {
            ["GatewayStorage"] = "memory",
            ["Gateway__Access__Anonymous"] = "true",
            ["Gateway__Access__TrustCallerHeader"] = "true",
            ["Gateway__Secrets__AllowInline"] = "true",
            ["Gateway__Egress__AllowedHosts"] = "127.0.0.1",
            ["TEST_API_KEY"] = "sk-from-a-setting",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return new GatewayUnderTest(await LocalHostServer.StartAsync(all, configure: builder => configure?.Invoke(builder.Services)), provider);
    }

    /// <summary>A target at the scripted provider.</summary>
    public Target Target(string script = "echo", string provider = "openai") => new()
    {
        Id = "m-" + Guid.NewGuid().ToString("N"),
        DefinitionId = "d-" + Guid.NewGuid().ToString("N"),
        Provider = provider,
        Model = script,
        Config = provider switch
        {
            "anthropic" => new JsonObject { ["anthropic_api_key"] = "sk-ant-test", ["anthropic_api_base"] = $"{Provider.Address}v1" },
            "mlflow-model-serving" => new JsonObject { ["model_server_url"] = Provider.Address.ToString().TrimEnd('/') },
            "gemini" or "cohere" => new JsonObject { [$"{provider}_api_key"] = "sk-foreign", [$"{provider}_api_base"] = Provider.Address.ToString() },
            "mistral" => new JsonObject { ["mistral_api_key"] = "sk-mistral", ["mistral_api_base"] = $"{Provider.Address}v1" },
            _ => new JsonObject { ["openai_api_key"] = "sk-test", ["openai_api_base"] = $"{Provider.Address}v1" },
        },
    };

    /// <summary>Adds a route with one target.</summary>
    public Task AddRouteAsync(string name, RouteType? type, string script = "echo", string provider = "openai") =>
        AddRouteAsync(new GatewayRoute { Name = name, Id = "e-" + Guid.NewGuid().ToString("N"), Type = type, Targets = [Target(script, provider)] });

    /// <summary>Adds a route.</summary>
    public async Task AddRouteAsync(GatewayRoute route)
    {
        var store = Services.GetRequiredService<IRouteStore>();
        await store.CommitAsync([new RouteEdit(route.Name, route, null)], null, CancellationToken.None);
        Assert.NotNull(await Services.GetRequiredService<RouteBook>().ReloadAsync(route.Name, CancellationToken.None));
    }

    /// <summary>Posts JSON.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, string json, CancellationToken cancellationToken = default) =>
        Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) },
            HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>Posts JSON and reads the status and the answer.</summary>
    public async Task<(int Status, string Body)> AskAsync(string path, string json)
    {
        using var answer = await PostAsync(path, json);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        await Provider.DisposeAsync();
    }
}

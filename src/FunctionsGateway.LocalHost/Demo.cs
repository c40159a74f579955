using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.ScriptedProvider;

namespace FunctionsGateway.LocalHost;

/// <summary>The scripted provider in this process, and routes on it, so that a first call needs no key.</summary>
internal sealed class Demo : IAsyncDisposable
{
    private const string AllowedHosts = "Gateway__Egress__AllowedHosts";

    private readonly ScriptedProviderServer _provider;

    private Demo(ScriptedProviderServer provider) => _provider = provider;

    /// <summary>Starts the provider, and lets the gateway reach it.</summary>
    public static async Task<Demo> StartAsync(LocalSettings settings, Action<string> say)
    {
        var demo = new Demo(await ScriptedProviderServer.StartAsync());
        var allowed = settings.Values.GetValueOrDefault(AllowedHosts);
        settings.Values[AllowedHosts] = string.IsNullOrEmpty(allowed) ? demo._provider.Address.Authority : $"{allowed},{demo._provider.Address.Authority}";
        settings.Values["Gateway__Secrets__AllowInline"] = "true";
        say($"Demo: a scripted provider at {demo._provider.Address} echoes what it is asked.");
        return demo;
    }

    /// <summary>Creates the routes through the gateway's own API.</summary>
    public async Task CreateRoutesAsync(Uri gateway, Action<string> say)
    {
        using var client = new HttpClient { BaseAddress = gateway };
        foreach (var type in new[] { "chat", "completions", "embeddings" })
        {
            var answer = await client.PostAsJsonAsync("api/2.0/gateway/routes/", Route(type));
            if (answer.StatusCode == HttpStatusCode.Conflict)
            {
                // the route of an earlier demo names a port that is gone
                answer = await client.PutAsJsonAsync($"api/2.0/gateway/routes/demo-{type}", Route(type));
            }

            if (!answer.IsSuccessStatusCode)
            {
                var reason = await answer.Content.ReadAsStringAsync();
                throw new StartException($"The demo's {type} route could not be made ({(int)answer.StatusCode}): {reason}");
            }
        }

        say("Demo: the routes demo-chat, demo-completions and demo-embeddings lead to it.");
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private JsonObject Route(string type) => new()
    {
        ["name"] = $"demo-{type}",
        ["route_type"] = $"llm/v1/{type}",
        ["model"] = new JsonObject
        {
            ["provider"] = "openai",
            ["name"] = "echo",
            ["openai_config"] = new JsonObject { ["openai_api_key"] = "none-needed", ["openai_api_base"] = $"{_provider.Address}v1" },
        },
    };
}

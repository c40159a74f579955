using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Docs;

/// <summary>What <c>/health</c> says.</summary>
public sealed class HealthEndpointTests
{
    [Fact]
    public async Task Answers_503_with_the_reason_when_storage_is_down()
    {
        var store = new WatchedStore(new MemoryRouteStore(TimeProvider.System)) { IsDown = true };
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton<IRouteStore>(store));

        var (status, body) = await GetAsync(gateway, "/health");

        Assert.Equal(503, status);
        Assert.Equal("UNAVAILABLE", (string?)body["status"]);
        Assert.Equal("Storage answered 503 ServerBusy.", (string?)body["detail"]);
        Assert.Equal(200, (await GetAsync(gateway, "/health/live")).Status);
    }

    [Fact]
    public async Task Says_why_the_file_is_not_in_force_and_stays_well()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__ConfigPath", "/nowhere/routes.yaml"));

        var (status, body) = await GetAsync(gateway, "/health");

        Assert.Equal(200, status);
        Assert.Equal("OK", (string?)body["status"]);
        Assert.Equal("/nowhere/routes.yaml does not exist", (string?)body["config"]);
    }

    [Fact]
    public async Task Says_that_the_file_is_not_imported_yet_and_no_more_once_it_is()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "endpoints: [{name: a, endpoint_type: llm/v1/chat, model: {provider: openai, config: {openai_api_key: $TEST_API_KEY}}}]");
        var store = new WatchedStore(new MemoryRouteStore(TimeProvider.System)) { IsDown = true };
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton<IRouteStore>(store), ("Gateway__ConfigPath", path));

        Assert.True((bool?)(await GetAsync(gateway, "/health")).Body["config_pending"]);

        store.IsDown = false;
        await Eventually.IsTrueAsync(async () => (await GetAsync(gateway, "/health")).Body["config_pending"] is null);
        Assert.Equal("""{"status":"OK"}""", (await GetAsync(gateway, "/health")).Body.ToJsonString());
        Assert.NotNull(await store.FindAsync("a", default));
        File.Delete(path);
    }

    [Fact]
    public async Task Says_nothing_of_the_file_when_there_is_nothing_to_say()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();

        var (status, body) = await GetAsync(gateway, "/health");

        Assert.Equal((200, """{"status":"OK"}"""), (status, body.ToJsonString()));
    }

    private static async Task<(int Status, JsonNode Body)> GetAsync(GatewayUnderTest gateway, string path)
    {
        using var answer = await gateway.Client.GetAsync(path);
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}

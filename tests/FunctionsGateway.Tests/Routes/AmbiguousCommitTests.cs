using FunctionsGateway.Errors;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Secrets;
using FunctionsGateway.Tests.Storage;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

/// <summary>A write of which nobody knows whether it happened: the key of a route that is there stays, that of one that is not goes.</summary>
public sealed class AmbiguousCommitTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly ManualTime _time = new();
    private readonly LossyTransport _network = new();
    private readonly ScriptedVault _vault = new(canRead: true, canWrite: true);

    [Fact]
    public async Task Keeps_the_key_of_a_route_that_was_written_though_its_answer_was_lost()
    {
        using var rows = Rows();
        await using var server = await RouteServer.StartAsync(rows, vault: _vault);
        // The first commit makes the table.
        await rows.CommitAsync([Some.Add("first")], null, default);

        _network.LoseNextTransactionAnswer = true;
        Assert.NotEqual(200, (await CreateAsync(server, "a", "sk-1")).Status);

        var reference = Assert.Single((await rows.FindAsync("a", default))!.Targets[0].OwnSecrets);
        Assert.Equal([reference], _vault.Secrets.Keys);
    }

    [Fact]
    public async Task Keeps_the_key_of_a_route_that_was_written_though_the_store_was_not_sure()
    {
        using var rows = Rows();
        var store = new WatchedStore(rows);
        await using var server = await RouteServer.StartAsync(store, vault: _vault);
        Assert.Equal(200, (await CreateAsync(server, "a", "sk-1")).Status);
        var old = Assert.Single(_vault.Secrets.Keys);

        store.AfterCommit = () => throw new GatewayException(503, "Nobody knows.");
        Assert.Equal(503, (await ReplaceAsync(server, "a", "sk-2")).Status);

        var kept = Assert.Single((await rows.FindAsync("a", default))!.Targets[0].OwnSecrets);
        Assert.Equal([kept], _vault.Secrets.Keys);
        Assert.NotEqual(old, kept);
        Assert.Equal(503, (await server.SendAsync("DELETE", "/api/2.0/gateway/routes/a")).Status);
        Assert.Empty(_vault.Secrets);
    }

    [Fact]
    public async Task Leaves_no_key_of_a_route_that_was_not_written()
    {
        using var rows = Rows();
        await using var server = await RouteServer.StartAsync(rows, vault: _vault);
        Assert.Equal(200, (await CreateAsync(server, "a", "sk-1")).Status);
        var old = Assert.Single(_vault.Secrets.Keys);

        _network.BeforeTransaction = () => throw new IOException("The connection was refused.");
        Assert.NotEqual(200, (await CreateAsync(server, "b", "sk-2")).Status);
        Assert.NotEqual(200, (await ReplaceAsync(server, "a", "sk-3")).Status);

        Assert.Equal([old], _vault.Secrets.Keys);
    }

    [Fact]
    public async Task Removes_nothing_while_nobody_can_tell()
    {
        using var rows = Rows();
        var store = new WatchedStore(rows);
        await using var server = await RouteServer.StartAsync(store, vault: _vault);
        store.AfterCommit = () =>
        {
            store.IsDown = true;
            throw new GatewayException(503, "Nobody knows.");
        };

        Assert.Equal(503, (await CreateAsync(server, "a", "sk-1")).Status);

        Assert.Equal(_vault.Secrets.Keys, (await rows.FindAsync("a", default))!.Targets[0].OwnSecrets);
    }

    private static Task<RouteServer.Answer> CreateAsync(RouteServer server, string name, string key) => server.SendAsync("POST", "/api/2.0/gateway/routes/", Body(name, key));

    private static Task<RouteServer.Answer> ReplaceAsync(RouteServer server, string name, string key) => server.SendAsync("PUT", $"/api/2.0/gateway/routes/{name}", Body(name, key));

    private static string Body(string name, string key) =>
        $$$"""{"name":"{{{name}}}","route_type":"llm/v1/chat","model":{"name":"m","provider":"openai","config":{"openai_api_key":"{{{key}}}"} } }""";

    private FunctionsGateway.Storage.TableRouteStore Rows() => TableRoutes.Store(azurite.ConnectionString, azurite.NewTableName(), _time, _network, retries: 0);
}

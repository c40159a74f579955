using System.Text;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Tests.Storage;

/// <summary>What one instance learns or is told, another knows: over Table Storage.</summary>
public class SharedByInstancesTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task The_health_of_targets_expires_by_itself()
    {
        var table = new TableClient(azurite.ConnectionString, azurite.NewTableName());
        var (first, second) = (new TableHealthStore(table, TimeProvider.System), new TableHealthStore(table, TimeProvider.System));
        Assert.Empty(await first.ReadAsync(CancellationToken.None));
        var until = DateTimeOffset.UtcNow.AddMinutes(1);

        await first.WriteAsync(new TargetRest("a", until), CancellationToken.None);
        await first.WriteAsync(new TargetRest("b", until), CancellationToken.None);
        await first.WriteAsync(new TargetRest("b", DateTimeOffset.UtcNow.AddSeconds(-1)), CancellationToken.None);

        Assert.Equal(new TargetRest("a", until), Assert.Single(await second.ReadAsync(CancellationToken.None)));
    }

    [Fact]
    public async Task Rests_that_are_over_are_cleared_away_by_the_next_that_is_written()
    {
        var (table, clock) = (new TableClient(azurite.ConnectionString, azurite.NewTableName()), new ManualTime());
        var store = new TableHealthStore(table, clock);
        await store.WriteAsync(new TargetRest("a", clock.GetUtcNow().AddMinutes(1)), CancellationToken.None);
        await store.WriteAsync(new TargetRest("b", clock.GetUtcNow().AddMinutes(3)), CancellationToken.None);
        clock.Advance(TimeSpan.FromMinutes(2));

        await store.WriteAsync(new TargetRest("c", clock.GetUtcNow().AddMinutes(1)), CancellationToken.None);

        var rows = new List<string>();
        await foreach (var row in table.QueryAsync<TableEntity>())
        {
            rows.Add(row.RowKey);
        }

        Assert.Equal(["b", "c"], rows);
    }

    [Fact]
    public async Task What_one_instance_is_told_of_endpoints_another_shows_and_serves()
    {
        await using var first = await GatewayUnderTest.StartAsync(("GatewayStorage", azurite.ConnectionString));
        await using var second = await GatewayUnderTest.StartAsync(("GatewayStorage", azurite.ConnectionString));
        var name = "n" + Guid.NewGuid().ToString("N");
        var secret = await AskAsync(first, "secrets/create", $$$"""{"secret_name":"{{{name}}} /key","secret_value":{"api_key":"sk-12345678"},"provider":"openai","auth_config":{"api_base":"{{{first.Provider.Address}}}v1"} }""");
        var model = await AskAsync(second, "model-definitions/create", $$"""{"name":"{{name}}","secret_id":"{{secret["secret"]!["secret_id"]}}","provider":"openai","model_name":"echo"}""");
        var endpoint = await AskAsync(first, "endpoints/create", $$"""{"name":"{{name}}","model_configs":[{"model_definition_id":"{{model["model_definition"]!["model_definition_id"]}}"}]}""");

        Assert.Equal(200, (await second.AskAsync($"/gateway/{name}/mlflow/invocations", """{"messages":[{"role":"user","content":"hi"}]}""")).Status);
        await AskAsync(second, "endpoints/set-tag", $$"""{"endpoint_id":"{{endpoint["endpoint"]!["endpoint_id"]}}","key":"a","value":"b"}""");
        await AskAsync(second, "secrets/update", $$$"""{"secret_id":"{{{secret["secret"]!["secret_id"]}}}","secret_value":{"api_key":"sk-rotated-1"} }""");

        var shown = JsonNode.Parse(await first.Client.GetStringAsync($"/api/3.0/mlflow/gateway/endpoints/get?name={name}"))!["endpoint"]!;
        Assert.Equal("b", (string)shown["tags"]![0]!["value"]!);
        Assert.Equal($"{name} /key", (string)shown["model_mappings"]![0]!["model_definition"]!["secret_name"]!);
    }

    private static async Task<JsonNode> AskAsync(GatewayUnderTest gateway, string path, string body)
    {
        using var answer = await gateway.Client.PostAsync("/api/3.0/mlflow/gateway/" + path, new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

/// <summary>Whole gateways that share one storage, and a file that changes under load.</summary>
public sealed class FleetTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Hello = """{"messages":[{"role":"user","content":"Hello"}]}""";

    [Fact]
    public async Task Serves_everywhere_what_one_instance_was_told()
    {
        var name = "fleet-" + Guid.NewGuid().ToString("N");
        await using var one = await StartAsync();
        await using var two = await StartAsync();

        var (created, _) = await one.AskAsync("/api/2.0/gateway/routes/", Route(one, name, "echo"));
        Assert.Equal((200, 200), (created, (await two.AskAsync($"/gateway/{name}/invocations", Hello)).Status));

        using var replaced = await one.Client.PutAsync($"/api/2.0/gateway/routes/{name}", new StringContent(Route(one, name, "status=418"), null, "application/json"));
        Assert.Equal(200, (int)replaced.StatusCode);
        Assert.Equal(418, (await one.AskAsync($"/gateway/{name}/invocations", Hello)).Status);
        await Eventually.IsTrueAsync(async () => (await two.AskAsync($"/gateway/{name}/invocations", Hello)).Status == 418);

        using var deleted = await two.Client.DeleteAsync($"/api/2.0/gateway/routes/{name}");
        Assert.Equal(200, (int)deleted.StatusCode);
        Assert.Equal(404, (await two.AskAsync($"/gateway/{name}/invocations", Hello)).Status);
        await Eventually.IsTrueAsync(async () => (await one.AskAsync($"/gateway/{name}/invocations", Hello)).Status == 404);
    }

    [Fact]
    public async Task Admits_exactly_the_limit_over_all_instances()
    {
        var name = "fleet-" + Guid.NewGuid().ToString("N");
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await one.AskAsync("/api/2.0/gateway/routes/", Route(one, name, "echo"));
        var (status, _) = await one.AskAsync("/api/2.0/gateway/limits/", $$"""{"route":"{{name}}","limits":[{"key":"user","renewal_period":"year","calls":20}]}""");
        Assert.Equal(200, status);
        await Eventually.IsTrueAsync(async () => (await two.Client.GetStringAsync($"/api/2.0/gateway/limits/{name}")).Contains("20", StringComparison.Ordinal));

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? one : two).AskAsync($"/gateway/{name}/invocations", Hello)));

        Assert.Equal(20, answers.Count(answer => answer.Status == 200));
        var refused = answers.First(answer => answer.Status == 429);
        Assert.StartsWith("""{"error":"Rate limit exceeded: 20 per 1 year","detail":"Route 'fleet-""", refused.Body, StringComparison.Ordinal);
        using var chat = await two.PostAsync("/v1/chat/completions", $$"""{"model":"{{name}}","messages":[{"role":"user","content":"Hello"}],"stream":true}""");
        Assert.Equal(429, (int)chat.StatusCode);
        Assert.Equal("20", Assert.Single(chat.Headers.GetValues("x-ratelimit-limit-requests")));
        Assert.Equal("0", Assert.Single(chat.Headers.GetValues("x-ratelimit-remaining-requests")));
        Assert.False(chat.Headers.Contains("Retry-After"), "A year is longer than any Retry-After that is sent.");
        Assert.Equal("rate_limit_error", JsonNode.Parse(await chat.Content.ReadAsStringAsync())!["error"]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task Loses_no_request_while_the_file_changes()
    {
        var path = Path.Combine(Path.GetTempPath(), $"fleet-{Guid.NewGuid():N}.yaml");
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__ConfigPath", path));
        try
        {
            await File.WriteAllTextAsync(path, Yaml(gateway, "stays", "old"));
            await Eventually.IsTrueAsync(async () => await AnswersAsync(gateway, "stays") == 200);
            using var stop = new CancellationTokenSource();
            var statuses = new System.Collections.Concurrent.ConcurrentBag<int>();
            var load = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    statuses.Add(await AnswersAsync(gateway, "stays"));
                }
            })).ToArray();

            await File.WriteAllTextAsync(path, Yaml(gateway, "stays", "new"));
            await Eventually.IsTrueAsync(async () => (await AnswersAsync(gateway, "new"), await AnswersAsync(gateway, "old")) == (200, 404));
            await File.WriteAllTextAsync(path, "endpoints: [{name: broken}]");
            await Eventually.IsTrueAsync(() => statuses.Count > 400);
            await File.WriteAllTextAsync(path, Yaml(gateway, "stays", "newer"));
            await Eventually.IsTrueAsync(async () => await AnswersAsync(gateway, "newer") == 200);
            await stop.CancelAsync();
            await Task.WhenAll(load);

            Assert.All(statuses, status => Assert.Equal(200, status));
            Assert.True(statuses.Count > 400);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<int> AnswersAsync(GatewayUnderTest gateway, string name) => (await gateway.AskAsync($"/gateway/{name}/invocations", Hello)).Status;

    private static string Route(GatewayUnderTest gateway, string name, string script) => new JsonObject
    {
        ["name"] = name,
        ["route_type"] = "llm/v1/chat",
        ["model"] = new JsonObject
        {
            ["provider"] = "openai",
            ["name"] = script,
            ["openai_config"] = new JsonObject { ["openai_api_key"] = "none-needed", ["openai_api_base"] = $"{gateway.Provider.Address}v1" },
        },
    }.ToJsonString();

    private static string Yaml(GatewayUnderTest gateway, params string[] names) => "endpoints:\n" + string.Concat(names.Select(name => $$$"""
          - name: {{{name}}}
            endpoint_type: llm/v1/chat
            model: {provider: openai, name: echo, config: {openai_api_key: none-needed, openai_api_base: "{{{gateway.Provider.Address}}}v1"}}

        """));

    private Task<GatewayUnderTest> StartAsync() => GatewayUnderTest.StartAsync(("GatewayStorage", azurite.ConnectionString), ("Gateway__Routes__FreshFor", "00:00:01"));
}

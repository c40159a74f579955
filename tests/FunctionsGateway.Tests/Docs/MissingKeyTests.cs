using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary>What docs/troubleshooting.md says of a key that is not there: the status by where it is missed, and that a call finds it soon after it came.</summary>
public sealed class MissingKeyTests
{
    [Fact]
    public async Task Is_422_when_a_route_is_made_and_there_is_no_vault()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();

        var (status, body) = await gateway.AskAsync(
            "/api/2.0/gateway/routes/",
            """{"name":"a","route_type":"llm/v1/chat","model":{"provider":"openai","name":"m","config":{"openai_api_key":"$ABSENT_API_KEY"}}}""");

        RequireTold(status, body, 422, "Environment variable '…' is not set", "when a route is made");
    }

    [Fact]
    public async Task Is_400_when_a_route_is_made_and_the_vault_has_none()
    {
        await using var gateway = await GuardedGateway.StartAsync();

        var (status, body) = await gateway.CreateRouteAsync("a", "$ABSENT_API_KEY");

        RequireTold(status, body, 400, "The route's key is not set", "when a route is made");
        Assert.Contains("'openai_api_key' refers to '$ABSENT_API_KEY'", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_503_at_a_call_until_the_vault_has_it()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        await gateway.PutAsync(new GatewayRoute
        {
            Name = "a",
            Id = "e-1",
            Type = RouteType.Chat,
            Targets = [new Target
            {
                Id = "m-1",
                DefinitionId = "d-1",
                Provider = "openai",
                Model = "echo",
                Config = new JsonObject { ["openai_api_key"] = "$ABSENT_API_KEY", ["openai_api_base"] = $"{gateway.Provider.Address}v1" },
            }],
        });

        var (status, body) = await gateway.InvokeAsync("a");
        RequireTold(status, body, 503, "The route's key is not set", "at a call");
        Assert.DoesNotContain("ABSENT", body, StringComparison.Ordinal);

        gateway.Vault.Set("ABSENT-API-KEY", "sk-here-it-is");
        await Eventually.IsTrueAsync(async () => (await gateway.InvokeAsync("a")).Status == 200);
    }

    private static void RequireTold(int status, string body, int expected, string sentence, string where)
    {
        Assert.True(status == expected, $"{status} {body}");
        Assert.Contains(sentence.Replace("…", "ABSENT_API_KEY", StringComparison.Ordinal), body, StringComparison.Ordinal);
        Assert.Contains($"\n| {expected} `{sentence}` {where} |", Repository.Read("docs/troubleshooting.md"), StringComparison.Ordinal);
    }
}

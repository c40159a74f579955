using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>Usage is asked for where the provider tells it on request, and its chunk is shown to those alone who asked too.</summary>
public class UsageInjectionTests
{
    private const string Chunks = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n";
    private const string Usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n";

    [Theory]
    [InlineData("openai", "/v1/chat/completions", true)]
    [InlineData("openai", "/v1/completions", true)]
    [InlineData("openai", "/gateway/mlflow/v1/chat/completions", true)]
    [InlineData("openai", "/gateway/openai/v1/chat/completions", true)]
    [InlineData("openai", "/openai/v1/chat/completions", true)]
    [InlineData("openai", "/openai/deployments/r/chat/completions", true)]
    [InlineData("openai", "/gateway/r/mlflow/invocations", true)]
    [InlineData("azure 2024-10-21", "/v1/chat/completions", true)]
    [InlineData("azure 2024-10-21", "/openai/deployments/r/chat/completions", true)]
    [InlineData("azure 2024-02-01", "/v1/chat/completions", false)]
    [InlineData("azure 2024-02-01", "/openai/deployments/r/chat/completions", false)]
    [InlineData("azure 2024-02-01", "/gateway/openai/v1/chat/completions", false)]
    [InlineData("mistral", "/v1/chat/completions", false)]
    [InlineData("mistral", "/gateway/mlflow/v1/chat/completions", false)]
    [InlineData("mistral", "/openai/deployments/r/chat/completions", false)]
    public async Task Asks_where_it_is_told_and_shows_it_to_who_asked(string provider, string path, bool asks)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var target = gateway.Target("m", provider.Split(' ')[0]);
        if (provider.Split(' ') is ["azure", var version])
        {
            target = target with { Config = new JsonObject { ["openai_api_key"] = "k", ["openai_api_base"] = gateway.Provider.Address.ToString(), ["openai_api_version"] = version } };
        }

        await gateway.AddRouteAsync(new GatewayRoute { Name = "r", Id = "e-r", Targets = [target] });
        var what = path.EndsWith("/completions", StringComparison.Ordinal) && !path.Contains("chat", StringComparison.Ordinal)
            ? "\"prompt\":\"hi\"" : "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
        var body = path.Contains("/r/", StringComparison.Ordinal) ? $"{{{what},\"stream\":true}}" : $"{{\"model\":\"r\",{what},\"stream\":true}}";
        gateway.Provider.Enqueue(new Script { Body = Chunks + Usage + "data: [DONE]\n\n", ContentType = "text/event-stream" }, 2);

        var (status, hidden) = await gateway.AskAsync(path, body);
        var (_, shown) = await gateway.AskAsync(path, body[..^1] + ",\"stream_options\":{\"include_usage\":true}}");

        Assert.True(status == 200, hidden);
        Assert.Equal(asks, (bool?)gateway.Provider.Requests.First().Json["stream_options"]?["include_usage"] ?? false);
        Assert.DoesNotContain("\"choices\":[]", hidden, StringComparison.Ordinal);
        Assert.Contains("\"choices\":[]", shown, StringComparison.Ordinal);
        if (provider == "mistral")
        {
            Assert.All(gateway.Provider.Requests, sent => Assert.Null(sent.Json["stream_options"]));
        }
    }
}

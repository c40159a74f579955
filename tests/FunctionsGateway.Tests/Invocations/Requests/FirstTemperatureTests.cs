using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Tests.Upstream;

namespace FunctionsGateway.Tests.Invocations.Requests;

/// <summary>What of a first generation's temperature (0 to 1) each provider is sent: MLflow scaled it for some (spec/mlflow-gen12.md §4.6).</summary>
public sealed class FirstTemperatureTests
{
    [Theory]
    [InlineData("openai", "m", """{"openai_api_key":"k","openai_api_base":"BASE"}""", 1.0)]
    [InlineData("anthropic", "claude-2", """{"anthropic_api_key":"k","anthropic_api_base":"BASE"}""", 0.5)]
    [InlineData("cohere", "command", """{"cohere_api_key":"k","cohere_api_base":"BASE/v1","cohere_api_version":"v1"}""", 2.5)]
    [InlineData("ai21labs", "j2-ultra", """{"ai21labs_api_key":"k","ai21labs_api_base":"BASE"}""", 0.5)]
    [InlineData("bedrock", "ai21.j2-mid", """{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"k","aws_region":"eu-west-1"}}""", 0.5)]
    [InlineData("mosaicml", "mpt-7b-instruct", """{"mosaicml_api_key":"k","mosaicml_api_base":"BASE"}""", 0.5)]
    [InlineData("mlflow-model-serving", "m", """{"model_server_url":"BASE"}""", 0.5)]
    public async Task Is_scaled_where_MLflow_scaled_it(string name, string model, string config, double expected)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", "{}"u8.ToArray(), 400);
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Completions, name, model, config);

        await gateway.AskAsync("/gateway/r/invocations", """{"prompt":"Hi","temperature":0.5,"candidate_count":1}""");

        Assert.Equal(expected, Temperature(JsonNode.Parse(Assert.Single(provider.Requests).Body)!));
    }

    private static double? Temperature(JsonNode node) => node is JsonObject json
        ? json["temperature"]?.GetValue<double>() ?? json.Select(member => member.Value is JsonObject inner ? Temperature(inner) : null).FirstOrDefault(found => found is not null)
        : null;
}

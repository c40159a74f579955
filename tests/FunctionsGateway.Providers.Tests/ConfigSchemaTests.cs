using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>MLflow's own sentences (spec/mlflow-gen12.md §4.3).</summary>
public sealed class ConfigSchemaTests
{
    private const string NotAString =
        "The api key provided is not a string. Please provide either an environment variable key, a path to a file containing the api key, or the api key itself";

    [Theory]
    [InlineData("openai", """{"openai_api_key":"$K"}""")]
    [InlineData("openai", """{"openai_api_key":"$K","openai_api_type":"OpenAI","openai_organization":"o","extra":1}""")]
    [InlineData("openai", """{"openai_api_key":"$K","openai_api_type":"Azure","openai_api_base":"https://x","openai_deployment_name":"d","openai_api_version":"v"}""")]
    [InlineData("openai", """{"openai_api_type":"azuread","openai_api_base":"https://x","openai_deployment_name":"d","openai_api_version":"v"}""")]
    [InlineData("azure", """{"openai_api_key":"$K","openai_api_base":"https://x","openai_api_version":"v"}""")]
    [InlineData("azure", """{"openai_api_key":"$K","openai_api_base":"https://r.openai.azure.com/openai/v1/"}""")]
    [InlineData("azuread", """{"openai_api_base":"https://x","openai_api_version":"v"}""")]
    [InlineData("anthropic", """{"anthropic_api_key":"$K","anthropic_version":"2023-06-01"}""")]
    [InlineData("mlflow-model-serving", """{"model_server_url":"http://x"}""")]
    public void Accepts(string provider, string config) => Assert.Empty(Faults(provider, config));

    [Theory]
    [InlineData("openai", "{}", "openai_api_key: Field required")]
    [InlineData("openai", """{"openai_api_key":1}""", "openai_api_key: " + NotAString)]
    [InlineData("openai", """{"openai_api_key":"$K","openai_api_type":"other"}""", "Invalid OpenAI API type 'other'")]
    [InlineData("openai", """{"openai_api_key":"$K","openai_deployment_name":"d"}""", "OpenAI route configuration can only specify a value for 'openai_deployment_name' if 'openai_api_type' is 'azure' or 'azuread'. Found type: 'openai'")]
    [InlineData("openai", """{"openai_api_key":"$K","openai_api_type":"azure","openai_organization":"o"}""", "OpenAI route configuration can only specify a value for 'openai_organization' if 'openai_api_type' is 'openai'")]
    [InlineData("openai", """{"openai_api_key":"$K","openai_api_type":"azuread","openai_api_base":"https://x"}""", "OpenAI route configuration must specify 'openai_api_base', 'openai_deployment_name', and 'openai_api_version' if 'openai_api_type' is 'azure' or 'azuread'.")]
    [InlineData("openai", """{"openai_api_type":"azure","openai_api_base":1}""", "openai_api_key: Field required", "openai_api_base: Input should be a valid string")]
    [InlineData("azure", """{"openai_api_key":"$K"}""", "openai_api_base: Field required")]
    [InlineData("azure", """{"openai_api_key":"$K","openai_api_base":"https://x"}""", "'openai_api_version' is required unless 'openai_api_base' ends in '/openai/v1'.")]
    [InlineData("anthropic", "{}", "anthropic_api_key: Field required")]
    [InlineData("mlflow-model-serving", "{}", "model_server_url: Field required")]
    [InlineData("mlflow-model-serving", """{"model_server_url":"http://x","mlflow_chat_format":"x"}""", "mlflow_chat_format: Input should be one of 'inputs', 'messages'; found 'x'")]
    public void Refuses(string provider, string config, params string[] faults) => Assert.Equal(faults, Faults(provider, config));

    [Fact]
    public void Knows_the_third_generations_names()
    {
        var config = (JsonObject)JsonNode.Parse("""{"api_key":"$K","api_base":"https://x","api_type":"azure","api_version":"v","deployment_name":"d"}""")!;
        Assert.Empty(ProviderCatalog.Find("openai")!.Config.Validate(ProviderCatalog.Find("openai")!.Config.Canonical(config)));
        Assert.Equal("d", config["openai_deployment_name"]!.GetValue<string>());
    }

    [Fact]
    public void Marks_every_key_as_a_secret() =>
        Assert.All(
            ProviderCatalog.All.SelectMany(provider => provider.Config.Fields),
            field => Assert.Equal(field.Name.EndsWith("_api_key", StringComparison.Ordinal) || field.Name is "token" or "client_secret", field.IsSecret));

    private static IEnumerable<string> Faults(string provider, string config) =>
        ProviderCatalog.Find(provider)!.Config.Validate((JsonObject)JsonNode.Parse(config)!)
            .Select(fault => fault.Field is null ? fault.Message : $"{fault.Field}: {fault.Message}");
}

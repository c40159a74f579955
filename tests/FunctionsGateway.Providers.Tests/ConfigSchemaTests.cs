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
    [InlineData("bedrock", "{}")]
    [InlineData("bedrock", """{"aws_config":{"aws_region":"eu-west-1"}}""")]
    [InlineData("amazon_bedrock", """{"aws_config":{"aws_role_arn":"arn:aws:iam::1:role/b","session_length_seconds":3600}}""")]
    [InlineData("bedrock", """{"aws_config":{"aws_role_arn":"arn:aws:iam::1:role/b","session_length_seconds":"3600"}}""")]
    [InlineData("vertex_ai", """{"vertex_project":"p"}""")]
    [InlineData("cohere", """{"cohere_api_key":"$K","cohere_api_version":"V1"}""")]
    [InlineData("huggingface-text-generation-inference", """{"hf_server_url":"https://x","tgi_temperature_scale":"50"}""")]
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
    [InlineData("bedrock", """{"aws_config":"x"}""", "aws_config: Input should be a valid dictionary")]
    [InlineData("bedrock", """{"aws_config":{"aws_region":1}}""", "aws_config: 'aws_region': Input should be a valid string")]
    [InlineData("bedrock", """{"aws_config":{"aws_region":"evil.example/"}}""", "aws_config: 'aws_region': Input should hold letters, digits and hyphens only; found 'evil.example/'")]
    [InlineData("bedrock", """{"aws_config":{"session_length_seconds":1.5}}""", "aws_config: 'session_length_seconds': Input should be a valid integer")]
    [InlineData("bedrock", """{"aws_config":{"session_length_seconds":60}}""", "'session_length_seconds' must be between 900 and 43200.")]
    [InlineData("bedrock", """{"aws_config":{"aws_access_key_id":"A"}}""", "'aws_access_key_id' and 'aws_secret_access_key' go together.")]
    [InlineData("bedrock", """{"aws_config":{"aws_web_identity_audience":"api://g"}}""", "'aws_web_identity_audience' needs 'aws_role_arn', the role to assume.")]
    [InlineData("vertex_ai", "{}", "vertex_project: Field required")]
    [InlineData("vertex_ai", """{"vertex_project":"p","vertex_location":"evil.example/"}""", "vertex_location: Input should hold letters, digits and hyphens only; found 'evil.example/'")]
    [InlineData("cohere", """{"cohere_api_key":"$K","cohere_api_version":"v3"}""", "cohere_api_version: Input should be one of 'v1', 'v2'; found 'v3'")]
    [InlineData("huggingface-text-generation-inference", """{"hf_server_url":"https://x","tgi_temperature_scale":"hot"}""", "'tgi_temperature_scale' must be a number above 0; found 'hot'.")]
    public void Refuses(string provider, string config, params string[] faults) => Assert.Equal(faults, Faults(provider, config));

    [Fact]
    public void Knows_the_third_generations_names()
    {
        var config = (JsonObject)JsonNode.Parse("""{"api_key":"$K","api_base":"https://x","api_type":"azure","api_version":"v","deployment_name":"d"}""")!;
        Assert.Empty(ProviderCatalog.Find("openai")!.Config.Validate(ProviderCatalog.Find("openai")!.Config.Canonical(config)));
        Assert.Equal("d", config["openai_deployment_name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"auth_mode":"api_key","api_key":"$K","aws_region_name":"eu-west-1"}""", """{"aws_bearer_token":"$K","aws_region":"eu-west-1"}""")]
    [InlineData("""{"aws_access_key_id":"A","aws_secret_access_key":"$K"}""", """{"aws_access_key_id":"A","aws_secret_access_key":"$K"}""")]
    [InlineData("""{"aws_role_name":"arn:aws:iam::1:role/b"}""", """{"aws_role_arn":"arn:aws:iam::1:role/b"}""")]
    [InlineData("""{"aws_region_name":"a","aws_config":{"aws_region":"b"}}""", """{"aws_region":"b"}""")]
    public void Puts_what_the_third_generation_writes_flat_where_it_belongs(string flat, string inner)
    {
        var schema = ProviderCatalog.Find("bedrock")!.Config;
        var config = schema.Canonical((JsonObject)JsonNode.Parse(flat)!);
        Assert.Empty(schema.Validate(config));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(inner), config["aws_config"]), $"{config}");
    }

    [Theory]
    [InlineData("bedrock", """{"aws_config":{"aws_region":"evil.example/"}}""", "https://bedrock-runtime.evilexample.amazonaws.com")]
    [InlineData("vertex_ai", """{"vertex_project":"../x","vertex_location":"evil.example/"}""", "https://evilexample-aiplatform.googleapis.com/v1/projects/..%2Fx/locations/evilexample")]
    public void Lets_no_region_lead_to_another_host(string provider, string config, string address) =>
        Assert.Equal(address, ProviderCatalog.Find(provider)!.BaseAddress(new("m", (JsonObject)JsonNode.Parse(config)!, false, "0", DateTimeOffset.UnixEpoch)));

    [Fact]
    public void Owns_the_host_of_every_default_address() => Assert.All(
        ProviderCatalog.All.Where(provider => provider.Config.Fields.All(field => !field.IsBaseAddress || !field.IsRequired) && provider.Name is not "ollama"),
        provider =>
        {
            var host = new Uri(provider.BaseAddress(new("m", [], false, "0", DateTimeOffset.UnixEpoch))).Host;
            Assert.Contains(provider.OwnHosts, own => own.StartsWith('.') ? host.EndsWith(own, StringComparison.Ordinal) : host == own);
        });

    [Theory]
    [InlineData("aiplatform.googleapis.com", true)]
    [InlineData("us-central1-aiplatform.googleapis.com", true)]
    [InlineData("aiplatform.us.rep.googleapis.com", true)]
    [InlineData("aiplatform.eu.rep.googleapis.com", true)]
    [InlineData("storage.googleapis.com", false)]
    [InlineData("bucket.storage.googleapis.com", false)]
    [InlineData("oauth2.googleapis.com", false)]
    [InlineData("evilaiplatform.googleapis.com", false)]
    [InlineData("us-central1-aiplatform.googleapis.com.evil.example", false)]
    [InlineData("googleapis.com", false)]
    public void Owns_of_Googles_hosts_those_of_Vertex_AI_alone(string host, bool owns) => Assert.Equal(owns, VertexAI.Provider.Owns(host));

    [Theory]
    [InlineData("org", true)]
    [InlineData("a\nb", false)]
    [InlineData("a\rb", false)]
    [InlineData("a\0b", false)]
    public void Takes_no_control_character_into_what_may_become_a_header(string organization, bool isGood) => Assert.Equal(
        isGood, ProviderCatalog.Find("openai")!.Config.Validate(new JsonObject { ["openai_api_key"] = "$OPENAI_API_KEY", ["openai_organization"] = organization }).Count == 0);

    [Theory]
    [InlineData("ai21labs", "j2-mid", null, null)]
    [InlineData("ai21labs", "jamba-large", "llm/v1/chat", null)]
    [InlineData("ai21labs", "j2-huge", null, "An Unsupported AI21Labs model has been specified: 'j2-huge'. Please see documentation for supported models.")]
    [InlineData("mosaicml", "Llama2-70b-chat", "llm/v1/chat", null)]
    [InlineData("mosaicml", "mpt-7b", "llm/v1/completions", null)]
    [InlineData("mosaicml", "mpt-7b", "llm/v1/chat", "An invalid model has been specified for the chat route. 'mpt-7b'. Ensure the model selected starts with one of: ['llama2']")]
    public void Judges_models_in_MLflows_words(string provider, string model, string? type, string? fault) =>
        Assert.Equal(fault, ProviderCatalog.Find(provider)!.ModelFault!(model, type));

    [Fact]
    public void Marks_every_key_as_a_secret() =>
        Assert.All(
            ProviderCatalog.All.SelectMany(provider => provider.Config.Fields).SelectMany(field => field.Members ?? [field]),
            field => Assert.Equal(
                field.Name.EndsWith("_api_key", StringComparison.Ordinal) || field.Name.EndsWith("_token", StringComparison.Ordinal)
                    || field.Name is "token" or "client_secret" or "aws_secret_access_key" or "vertex_credentials",
                field.IsSecret));

    private static IEnumerable<string> Faults(string provider, string config) =>
        ProviderCatalog.Find(provider)!.Config.Validate((JsonObject)JsonNode.Parse(config)!)
            .Select(fault => fault.Field is null ? fault.Message : $"{fault.Field}: {fault.Message}");
}

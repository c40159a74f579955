using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>What is offered, and what is not.</summary>
public sealed class DiscoveryTests : ManagementTest
{
    [Theory]
    [InlineData("/api/2.0/mlflow/gateway-proxy")]
    [InlineData("/api/3.0/mlflow/gateway/secrets/permissions/create")]
    [InlineData("/api/3.0/mlflow/users/permissions/grant")]
    [InlineData("/ajax-api/3.0/mlflow/users/permissions/revoke")]
    [InlineData("/api/3.0/mlflow/gateway/budgets/create")]
    [InlineData("/api/3.0/mlflow/gateway/guardrails/create")]
    [InlineData("/api/3.0/mlflow/gateway/guardrails/add-to-endpoint")]
    public async Task Says_what_it_does_not_serve(string path)
    {
        var (status, body) = await Gateway.AskAsync(path, "{}");

        Assert.Equal((501, "NOT_IMPLEMENTED"), (status, (string)JsonNode.Parse(body)!["error_code"]!));
    }

    [Fact]
    public async Task Discovers_what_the_policy_allows()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("MLFLOW_GATEWAY_ALLOWED_PROVIDERS", "Anthropic, groq"), ("MLFLOW_GATEWAY_BLOCKED_PROVIDERS", "groq"));
        await gateway.AddRouteAsync("r", null);

        var (status, body) = await gateway.AskAsync("/gateway/r/mlflow/invocations", Messages);

        Assert.Equal("""{"providers":["anthropic"]}""", await gateway.Client.GetStringAsync("/ajax-api/3.0/mlflow/gateway/supported-providers"));
        Assert.Equal((400, """{"detail":{"error_code":"INVALID_PARAMETER_VALUE","message":"Provider 'openai' is not allowed by the current gateway provider policy."}}"""), (status, body));
        Assert.Equal("api_key", (string)(await OkAsync("GET", "provider-config?provider=groq"))["default_mode"]!);
        Assert.True((bool)(await OkAsync("GET", "secrets/config"))["secrets_available"]!);
    }

    [Theory]
    [InlineData("amazon-bedrock", "bedrock", false)]
    [InlineData("bedrock_converse", "bedrock", false)]
    [InlineData("bedrock", "Bedrock-Converse", false)]
    [InlineData("databricks-model-serving", "databricks", false)]
    [InlineData("together_ai", "togetherai", false)]
    [InlineData("fireworks_ai", "fireworks", false)]
    [InlineData("openai", "azure", true)]
    public async Task Blocks_a_provider_under_all_its_names(string blocked, string asked, bool isAllowed)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("MLFLOW_GATEWAY_BLOCKED_PROVIDERS", blocked));

        using var answer = await gateway.Client.GetAsync("/ajax-api/3.0/mlflow/gateway/provider-config?provider=" + asked);

        Assert.Equal(isAllowed ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("groq", """{"auth_modes":[{"config_fields":[{"description":"Groq API Base URL","name":"api_base","required":false,"type":"string"}],"description":"Use Groq API Key","display_name":"API Key","mode":"api_key","secret_fields":[{"description":"Groq API Key","name":"api_key","required":true,"type":"string"}]}],"default_mode":"api_key"}""")]
    [InlineData("azure", """{"auth_modes":[{"config_fields":[{"description":"API Base","name":"api_base","required":true,"type":"string"},{"description":"API Version","name":"api_version","required":true,"type":"string"}],"description":"Use an Azure OpenAI API key","display_name":"API Key","mode":"api_key","secret_fields":[{"description":"API Key","name":"api_key","required":true,"type":"string"}]}],"default_mode":"api_key"}""")]
    [InlineData("databricks_model_serving", """{"auth_modes":[{"config_fields":[{"description":"API Base","name":"api_base","required":true,"type":"string"}],"description":"Use a personal access token","display_name":"Personal Access Token","mode":"pat_token","secret_fields":[{"description":"API Key","name":"api_key","required":true,"type":"string"}]},{"config_fields":[{"description":"API Base","name":"api_base","required":true,"type":"string"},{"description":"Client Id","name":"client_id","required":true,"type":"string"}],"description":"Use a service principal","display_name":"OAuth M2M","mode":"oauth_m2m","secret_fields":[{"description":"Client Secret","name":"client_secret","required":true,"type":"string"}]}],"default_mode":"pat_token"}""")]
    public async Task Says_how_a_provider_is_authenticated(string provider, string told) =>
        Assert.Equal(told, (await OkAsync("GET", "provider-config?provider=" + provider)).ToJsonString());

    [Theory]
    [InlineData("bedrock_converse", "api_key,access_keys,iam_role,default_chain")]
    [InlineData("vertex_ai", "service_account_json,default_chain")]
    [InlineData("nobody", "api_key")]
    public async Task Says_in_which_ways_a_provider_may_be_authenticated(string provider, string modes) =>
        Assert.Equal(modes, string.Join(',', (await OkAsync("GET", "provider-config?provider=" + provider))["auth_modes"]!.AsArray().Select(mode => (string)mode!["mode"]!)));

    [Fact]
    public async Task Lists_known_models_in_MLflows_shape()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("MLFLOW_GATEWAY_BLOCKED_PROVIDERS", "xai"));
        async Task<JsonArray> ListAsync(string query) => (JsonNode.Parse(await gateway.Client.GetStringAsync("/ajax-api/3.0/mlflow/gateway/supported-models" + query))!["models"] as JsonArray)!;

        var all = await ListAsync("");

        string[] members =
        [
            "deprecation_date", "input_cost_per_token", "last_updated_at", "max_input_tokens", "max_output_tokens", "modality", "mode", "model", "output_cost_per_token", "provider",
            "supports_function_calling", "supports_prompt_caching", "supports_reasoning", "supports_response_schema", "supports_vision",
        ];
        var offered = JsonNode.Parse(await gateway.Client.GetStringAsync("/ajax-api/3.0/mlflow/gateway/supported-providers"))!["providers"]!.AsArray().Select(name => (string)name!).ToHashSet();
        Assert.All(all, model =>
        {
            Assert.Equal(members, model!.AsObject().Select(member => member.Key));
            Assert.Contains((string)model["provider"]!, offered);
            Assert.Contains((string)model["mode"]!, (string[])["chat", "completion", "embedding"]);
            Assert.InRange((long)model["max_input_tokens"]!, 1024, 10_000_000);
            // Dollars a token: a million of them cost something, and less than a car.
            Assert.InRange((double)model["input_cost_per_token"]!, 1e-9, 1e-3);
            Assert.Equal((string)model["mode"]! == "embedding", model["output_cost_per_token"] is null);
            Assert.True(DateOnly.TryParseExact((string)model["last_updated_at"]!, "yyyy-MM-dd", out _));
        });
        Assert.Equal(all.Count, all.Select(model => ((string)model!["provider"]!, (string)model["model"]!)).Distinct().Count());
        Assert.True(new[] { "openai", "azure", "anthropic", "gemini", "vertex_ai", "bedrock", "mistral", "cohere", "groq", "deepseek" }.All(name => all.Any(model => (string)model!["provider"]! == name)));
        Assert.DoesNotContain(all, model => (string)model!["provider"]! == "xai");
        Assert.All(await ListAsync("?provider=anthropic"), model => Assert.Equal("anthropic", (string)model!["provider"]!));
        Assert.Equal(400, (int)(await gateway.Client.GetAsync("/ajax-api/3.0/mlflow/gateway/supported-models?provider=xai")).StatusCode);
    }

    [Fact]
    public async Task Lists_the_models_of_the_operators_catalogue()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "groq.json"),
                """{"models":{"groq/big":{"mode":"chat","context_window":{"max_input":100,"max_output":10},"pricing":{"input_per_million_tokens":0.5},"capabilities":{"vision":true} },"ft:x":{},"speech":{"mode":"audio"} } }""");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nobody.json"), """{"models":{"x":{} } }""");
            await using var gateway = await GatewayUnderTest.StartAsync(("MLFLOW_MODEL_CATALOG_URI", new Uri(folder.FullName).AbsoluteUri));

            var models = JsonNode.Parse(await gateway.Client.GetStringAsync("/ajax-api/3.0/mlflow/gateway/supported-models"))!["models"]!.AsArray();

            Assert.Equal(
                """{"deprecation_date":null,"input_cost_per_token":5E-07,"last_updated_at":null,"max_input_tokens":100,"max_output_tokens":10,"modality":null,"mode":"chat","model":"big","output_cost_per_token":null,"provider":"groq","supports_function_calling":false,"supports_prompt_caching":false,"supports_reasoning":false,"supports_response_schema":false,"supports_vision":true}""",
                Assert.Single(models)!.ToJsonString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

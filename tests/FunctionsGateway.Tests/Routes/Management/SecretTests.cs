using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>Keys: kept, masked, bound to their place.</summary>
public sealed class SecretTests : ManagementTest
{
    [Fact]
    public async Task Masks_keys_and_shows_them_nowhere()
    {
        var id = await CreateSecretAsync("k");
        await OkAsync("POST", "secrets/create", """{"secret_name":"short","secret_value":{"api_key":"1234567"}}""");

        var list = await OkAsync("GET", "secrets/list");

        Assert.Equal("""{"api_key":"sk-...cdef"}""", list["secrets"]![0]!["masked_values"]!.ToJsonString());
        Assert.Equal("***", (string)list["secrets"]![1]!["masked_values"]!["api_key"]!);
        Assert.Equal("", (string)list["secrets"]![0]!["created_by"]!);
        Assert.DoesNotContain("1234567", list.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("k", (string)(await OkAsync("GET", $"secrets/get?secret_id={id}"))["secret"]!["secret_name"]!);
    }

    [Fact]
    public async Task Changes_all_endpoints_with_the_secret_and_the_model_that_they_use()
    {
        var secret = await CreateSecretAsync("k");
        var model = await CreateModelAsync("m", secret);
        await CreateEndpointAsync("e1", model);
        await CreateEndpointAsync("e2", model);

        await OkAsync("PATCH", "secrets/update", $$$"""{"secret_id":"{{{secret}}}","secret_value":{"api_key":"sk-rotated-0000"}}""");
        await OkAsync("POST", "model-definitions/update", $$"""{"model_definition_id":"{{model}}","model_name":"chunks=2","name":"renamed"}""");
        foreach (var name in (string[])["e1", "e2"])
        {
            Assert.Equal(200, (await Gateway.AskAsync($"/gateway/{name}/mlflow/invocations", Messages)).Status);
        }

        Assert.All(Gateway.Provider.Requests, sent => Assert.Equal(("Bearer sk-rotated-0000", "chunks=2"), (sent.Headers["authorization"], (string)sent.Json["model"]!)));
        Assert.Equal("renamed", (string)(await OkAsync("GET", "model-definitions/list"))["model_definitions"]![0]!["name"]!);
    }

    [Fact]
    public async Task Asks_for_the_key_again_when_its_address_or_provider_changes()
    {
        var secret = await CreateSecretAsync("k");
        var model = await CreateModelAsync("m", secret);

        var (address, _) = await CallAsync("POST", "secrets/update", $$$"""{"secret_id":"{{{secret}}}","auth_config":{"api_base":"https://elsewhere.example/v1"}}""");
        var (provider, _) = await CallAsync("POST", "model-definitions/update", $$"""{"model_definition_id":"{{model}}","provider":"groq"}""");

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (address, provider));
    }

    [Theory]
    [InlineData("""{"api_base":"http://10.0.0.1/v1"}""")]
    [InlineData("""{"api_base":"elsewhere"}""")]
    [InlineData("""{"model_server_url":"http://user@127.0.0.1:1/"}""")]
    public async Task Keeps_no_address_that_calls_may_not_go_to(string open)
    {
        var (status, _) = await CallAsync("POST", "secrets/create", $$"""{"secret_name":"bad","secret_value":{"api_key":"sk-12345678"},"auth_config":{{open}} }""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task Refuses_a_secret_of_one_provider_for_another()
    {
        var secret = await CreateSecretAsync("k");

        var (status, json) = await CallAsync("POST", "model-definitions/create", $$"""{"name":"m","secret_id":"{{secret}}","provider":"anthropic","model_name":"x"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_PARAMETER_VALUE"), (status, (string)json["error_code"]!));
    }

    [Fact]
    public async Task Gives_no_endpoint_what_only_the_operators_file_may_do()
    {
        // A host that is neither the provider's own nor listed, which the operator's own file may name.
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Egress__AllowedHosts", "other.example"));
        var target = gateway.Target() with { IsOperators = true, SecretId = "s-1", Config = new JsonObject { ["openai_api_key"] = "$TEST_API_KEY", ["openai_api_base"] = "https://127.0.0.1:1/v1" } };
        await gateway.AddRouteAsync(new GatewayRoute { Name = "operators", Id = "e-1", Type = RouteType.Chat, Targets = [target] });
        using var answer = await gateway.PostAsync("/api/3.0/mlflow/gateway/endpoints/create",
            $$"""{"name":"copy","model_configs":[{"model_definition_id":"{{target.DefinitionId}}","linkage_type":"PRIMARY"}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        // Not even the key's host is looked at for the copy; the operator's own fails only because nothing may connect there.
        Assert.Contains("may not go to", (await gateway.AskAsync("/gateway/copy/mlflow/invocations", Messages)).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("may not go to", (await gateway.AskAsync("/gateway/operators/mlflow/invocations", Messages)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_no_key_that_stands_in_an_object()
    {
        using var answer = await Gateway.PostAsync("/api/2.0/gateway/routes/",
            """{"name":"old","route_type":"llm/v1/chat","model":{"provider":"bedrock","name":"m","config":{"aws_config":{"aws_region":"us-east-1","aws_access_key_id":"AKID","aws_secret_access_key":"aws-secret-1234"}}}}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var secret = (await OkAsync("GET", "secrets/list"))["secrets"]![0]!;

        Assert.DoesNotContain("aws-secret-1234", secret.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("""{"aws_secret_access_key":"aws...1234"}""", secret["masked_values"]!.ToJsonString());
        Assert.Equal("us-east-1", (string)secret["auth_config"]!["aws_region_name"]!);
    }

    [Fact]
    public void Reads_rows_of_before_keys_were_shared() =>
        Assert.Empty(RouteJson.Read("""{"name":"secret:k","id":"s-1","kind":"secret","targets":[{"id":"m","definition_id":"d","provider":"openai","config":{}}],"managed":{"provider":"openai"}}""").OwnSecrets);

    [Fact]
    public async Task Calls_no_target_whose_secret_was_deleted()
    {
        var secret = await CreateSecretAsync("k");
        var model = await CreateModelAsync("m", secret);
        await CreateEndpointAsync("oa", model);

        await OkAsync("DELETE", "secrets/delete", $$"""{"secret_id":"{{secret}}"}""");

        var (status, body) = await Gateway.AskAsync("/gateway/oa/mlflow/invocations", Messages);
        Assert.Equal((404, """{"detail":{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"Endpoint 'oa' has no PRIMARY models configured"}}"""), (status, body));
        Assert.Null((await OkAsync("GET", $"model-definitions/get?model_definition_id={model}"))["model_definition"]!["secret_id"]);
    }
}

using System.Net;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>Requests of MLflow 3.8's store client, whose words 3.9 changed: <c>auth_config_json</c>, <c>model_definition_ids</c>, and a model attached without <c>model_config</c>.</summary>
public sealed class FirstStoreClientTests : ManagementTest
{
    [Fact]
    public async Task Keeps_the_address_that_auth_config_json_gives()
    {
        var address = $"{Gateway.Provider.Address}v1";

        var made = (await OkAsync("POST", "secrets/create",
            $$$"""{"secret_name": "k", "secret_value": {"api_key": "sk-1234567890abcdef"}, "provider": "openai", "auth_config_json": "{\"api_base\": \"{{{address}}}\"}"}"""))["secret"]!;
        var changed = (await OkAsync("POST", "secrets/update",
            $$$"""{"secret_id": "{{{made["secret_id"]}}}", "secret_value": {"api_key": "sk-abcdefgh9876"}, "auth_config_json": "{\"api_base\": \"{{{address}}}\"}"}"""))["secret"]!;

        Assert.Equal(address, (string)made["auth_config"]!["api_base"]!);
        Assert.Equal($$"""{"api_base":"{{address}}"}""", (string)made["auth_config_json"]!);
        Assert.Equal(("sk-...cdef", "sk-...9876"), ((string)made["masked_value"]!, (string)changed["masked_value"]!));
    }

    [Fact]
    public async Task Shows_several_masks_as_one_text()
    {
        var made = await OkAsync("POST", "secrets/create", """
            {"secret_name": "k", "secret_value": {"aws_access_key_id": "AKIA1234567890", "aws_secret_access_key": "short"}, "provider": "bedrock",
             "auth_config_json": "{\"auth_mode\": \"access_keys\", \"aws_region_name\": \"us-east-1\"}"}
            """);

        Assert.Equal("{aws_access_key_id: AKI...7890, aws_secret_access_key: ***}", (string)made["secret"]!["masked_value"]!);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("{\\\"api_base\\\": 1}")]
    public async Task Refuses_an_auth_config_json_that_is_no_map(string text)
    {
        var (status, json) = await CallAsync("POST", "secrets/create", $$$"""{"secret_name": "k", "secret_value": {"api_key": "12345678"}, "auth_config_json": "{{{text}}}"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "Invalid value for parameter 'auth_config_json' supplied: it is not a map of strings."), (status, (string)json["message"]!));
    }

    [Fact]
    public async Task Creates_an_endpoint_of_model_definition_ids_and_attaches_another()
    {
        var secret = await CreateSecretAsync("k");
        var (first, second) = (await CreateModelAsync("m1", secret), await CreateModelAsync("m2", secret));

        var endpoint = (await OkAsync("POST", "endpoints/create", $$"""{"name": "e", "model_definition_ids": ["{{first}}"], "created_by": "me"}"""))["endpoint"]!;
        var mapping = (await OkAsync("POST", "endpoints/models/attach", $$"""{"endpoint_id": "{{endpoint["endpoint_id"]}}", "model_definition_id": "{{second}}", "weight": 0.5}"""))["mapping"]!;
        var (status, refusal) = await CallAsync("POST", "endpoints/create", """{"name": "x", "model_definition_ids": ["d-x"]}""");

        var made = endpoint["model_mappings"]!.AsArray().Single()!;
        Assert.Equal((first, 1.0, "PRIMARY"), ((string)made["model_definition_id"]!, (double)made["weight"]!, (string)made["linkage_type"]!));
        Assert.Equal((second, 0.5, "PRIMARY"), ((string)mapping["model_definition_id"]!, (double)mapping["weight"]!, (string)mapping["linkage_type"]!));
        Assert.Equal((HttpStatusCode.NotFound, "Model definitions not found: d-x"), (status, (string)refusal["message"]!));
    }
}

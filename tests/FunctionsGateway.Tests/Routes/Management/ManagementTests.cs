using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>Endpoints and what hangs on them.</summary>
public sealed class ManagementTests : ManagementTest
{
    [Theory]
    [InlineData("/api/3.0")]
    [InlineData("/ajax-api/3.0")]
    [InlineData("/api/2.0")]
    [InlineData("/ajax-api/2.0")]
    public async Task Builds_an_endpoint_that_serves(string prefix)
    {
        var secret = await CreateSecretAsync("k", prefix);
        var model = await CreateModelAsync("m", secret, prefix: prefix);

        var endpoint = (await OkAsync("POST", "endpoints/create", $$"""{"name":"e","model_configs":[{"model_definition_id":"{{model}}","linkage_type":"PRIMARY","weight":1.0}],"created_by":"ann"}""", prefix))["endpoint"]!;

        Assert.Matches("^s-[0-9a-f]{32}$", secret);
        Assert.Matches("^d-[0-9a-f]{32}$", model);
        Assert.Matches("^e-[0-9a-f]{32}$", (string)endpoint["endpoint_id"]!);
        Assert.Equal("ann", (string)endpoint["created_by"]!);
        Assert.True((bool)endpoint["usage_tracking"]!);
        var mapping = endpoint["model_mappings"]![0]!;
        Assert.Matches("^m-[0-9a-f]{32}$", (string)mapping["mapping_id"]!);
        Assert.Equal(("PRIMARY", 1.0, "k", "echo"), ((string)mapping["linkage_type"]!, (double)mapping["weight"]!, (string)mapping["model_definition"]!["secret_name"]!, (string)mapping["model_definition"]!["model_name"]!));
        Assert.Equal(200, (await Gateway.AskAsync("/gateway/e/mlflow/invocations", Messages)).Status);
        Assert.Equal("Bearer sk-1234567890abcdef", Assert.Single(Gateway.Provider.Requests).Headers["authorization"]);
        Assert.Equal((string)endpoint["endpoint_id"]!, (string)(await OkAsync("GET", "endpoints/get?name=e", null, prefix))["endpoint"]!["endpoint_id"]!);
    }

    [Theory]
    [InlineData("POST", "secrets/create", """{"secret_name":"k","secret_value":{"api_key":"x"}}""", 400, "RESOURCE_ALREADY_EXISTS", "Secret with name 'k' already exists")]
    [InlineData("POST", "secrets/create", """{"secret_name":""}""", 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'secret_name'. See the API docs for more information about request parameters.")]
    [InlineData("GET", "secrets/get?secret_id=s-0", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')")]
    [InlineData("GET", "secrets/get", null, 400, "INVALID_PARAMETER_VALUE", "Exactly one of secret_id or secret_name must be provided")]
    [InlineData("POST", "model-definitions/create", """{"name":"n","secret_id":"s-0","provider":"openai","model_name":"x"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')")]
    [InlineData("GET", "model-definitions/get?model_definition_id=d-0", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewayModelDefinition not found (model_definition_id='d-0')")]
    [InlineData("POST", "endpoints/create", """{"name":"a b","model_configs":[{}]}""", 400, "INVALID_PARAMETER_VALUE", "Invalid endpoint name 'a b'. Name can only contain letters, numbers, underscores, hyphens, and dots.")]
    [InlineData("POST", "endpoints/create", """{"name":"e2","model_configs":[]}""", 400, "INVALID_PARAMETER_VALUE", "Endpoint must have at least one model configuration")]
    [InlineData("POST", "endpoints/create", """{"name":"e2","model_configs":[{"model_definition_id":"d-1"},{"model_definition_id":"d-2"}]}""", 404, "RESOURCE_DOES_NOT_EXIST", "Model definitions not found: d-1, d-2")]
    [InlineData("GET", "endpoints/get?endpoint_id=x&name=y", null, 400, "INVALID_PARAMETER_VALUE", "Exactly one of endpoint_id or name must be provided")]
    [InlineData("DELETE", "endpoints/delete", """{"endpoint_id":"e-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')")]
    [InlineData("DELETE", "endpoints/bindings/delete", """{"endpoint_id":"e-0","resource_type":"scorer","resource_id":"1"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpointBinding not found (endpoint_id='e-0', resource_type='scorer', resource_id='1')")]
    [InlineData("GET", "provider-config", null, 400, "INVALID_PARAMETER_VALUE", "Provider parameter is required")]
    [InlineData("POST", "secrets/create", "{bad", 400, "INVALID_PARAMETER_VALUE", null)]
    public async Task Refuses_in_MLflows_words(string verb, string path, string? body, int status, string code, string? message)
    {
        await CreateSecretAsync("k");

        var (answered, json) = await CallAsync(verb, path, body);

        Assert.Equal((status, code), ((int)answered, (string)json["error_code"]!));
        Assert.True(message is null || message == (string)json["message"]!, json.ToJsonString());
    }

    [Fact]
    public async Task Attaches_and_detaches_models()
    {
        var secret = await CreateSecretAsync("k");
        var (first, second) = (await CreateModelAsync("m1", secret), await CreateModelAsync("m2", secret));
        var endpoint = await CreateEndpointAsync("e", first);

        var mapping = (await OkAsync("POST", "endpoints/models/attach", $$$"""{"endpoint_id":"{{{endpoint}}}","model_config":{"model_definition_id":"{{{second}}}","linkage_type":"FALLBACK","fallback_order":1}}"""))["mapping"]!;
        var (again, _) = await CallAsync("POST", "endpoints/models/attach", $$$"""{"endpoint_id":"{{{endpoint}}}","model_config":{"model_definition_id":"{{{second}}}"}}""");
        var (inUse, refusal) = await CallAsync("DELETE", "model-definitions/delete", $$"""{"model_definition_id":"{{second}}"}""");
        Assert.Equal("{}", (await OkAsync("POST", "endpoints/models/detach", $$"""{"endpoint_id":"{{endpoint}}","model_definition_id":"{{second}}"}""")).ToJsonString());
        await OkAsync("DELETE", "model-definitions/delete", $$"""{"model_definition_id":"{{second}}"}""");

        Assert.Equal(("FALLBACK", 1), ((string)mapping["linkage_type"]!, (int)mapping["fallback_order"]!));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.InternalServerError, "INVALID_STATE"), (again, inUse, (string)refusal["error_code"]!));
    }

    [Fact]
    public async Task Keeps_tags_and_bindings()
    {
        var endpoint = await CreateEndpointAsync("e", await CreateModelAsync("m", await CreateSecretAsync("k")));

        await OkAsync("POST", "endpoints/set-tag", $$"""{"endpoint_id":"{{endpoint}}","key":"team","value":"a"}""");
        var binding = (await OkAsync("POST", "endpoints/bindings/create", $$"""{"endpoint_id":"{{endpoint}}","resource_type":"scorer","resource_id":"7"}"""))["binding"]!;

        Assert.Equal("7", (string)binding["resource_id"]!);
        Assert.Equal("""[{"key":"team","value":"a"}]""", (await OkAsync("GET", "endpoints/get?name=e"))["endpoint"]!["tags"]!.ToJsonString());
        Assert.Single((await OkAsync("GET", "endpoints/bindings/list?resource_type=scorer"))["bindings"]!.AsArray());
        await OkAsync("DELETE", "endpoints/delete-tag", $$"""{"endpoint_id":"{{endpoint}}","key":"team"}""");
        await OkAsync("DELETE", "endpoints/bindings/delete", $$"""{"endpoint_id":"{{endpoint}}","resource_type":"scorer","resource_id":"7"}""");
        Assert.Equal("{}", (await OkAsync("GET", "endpoints/bindings/list")).ToJsonString());
        Assert.Null((await OkAsync("GET", "endpoints/get?name=e"))["endpoint"]!["tags"]);
    }

    [Fact]
    public async Task Configures_split_and_fallback_and_keeps_them_through_an_update()
    {
        var secret = await CreateSecretAsync("k");
        var (first, second) = (await CreateModelAsync("m1", secret), await CreateModelAsync("m2", secret));
        var configs = $$"""[{"model_definition_id":"{{first}}","linkage_type":"PRIMARY","weight":0.9},{"model_definition_id":"{{second}}","linkage_type":"FALLBACK"}]""";
        var created = (await OkAsync("POST", "endpoints/create",
            $$$"""{"name":"e","model_configs":{{{configs}}},"routing_strategy":"REQUEST_BASED_TRAFFIC_SPLIT","fallback_config":{"strategy":"SEQUENTIAL","max_attempts":1},"usage_tracking":false}"""))["endpoint"]!;

        var updated = (await OkAsync("PATCH", "endpoints/update", $$"""{"endpoint_id":"{{created["endpoint_id"]}}","name":"f","model_configs":{{configs}}}"""))["endpoint"]!;

        Assert.Equal(("f", "REQUEST_BASED_TRAFFIC_SPLIT", false), ((string)updated["name"]!, (string)updated["routing_strategy"]!, (bool)updated["usage_tracking"]!));
        Assert.Equal("""{"strategy":"SEQUENTIAL","max_attempts":1}""", updated["fallback_config"]!.ToJsonString());
        Assert.Equal((404, 200), ((await Gateway.AskAsync("/gateway/e/mlflow/invocations", Messages)).Status, (await Gateway.AskAsync("/gateway/f/mlflow/invocations", Messages)).Status));
    }

    [Fact]
    public async Task Shows_routes_and_endpoints_through_both()
    {
        await CreateEndpointAsync("new", await CreateModelAsync("m", await CreateSecretAsync("k")));
        using var answer = await Gateway.PostAsync("/api/2.0/gateway/routes/",
            $$$"""{"name":"old","route_type":"llm/v1/chat","model":{"provider":"openai","name":"echo","config":{"openai_api_key":"sk-old-1234567","openai_api_base":"{{{Gateway.Provider.Address}}}v1" } } }""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var routes = JsonNode.Parse(await Gateway.Client.GetStringAsync("/api/2.0/gateway/routes/"))!["routes"]!.AsArray();
        var endpoints = (await OkAsync("GET", "endpoints/list"))["endpoints"]!.AsArray();
        var secrets = (await OkAsync("GET", "secrets/list?provider=openai"))["secrets"]!.AsArray();
        var old = endpoints.Single(endpoint => (string)endpoint!["name"]! == "old")!;
        await OkAsync("POST", "endpoints/set-tag", $$"""{"endpoint_id":"{{old["endpoint_id"]}}","key":"a","value":"b"}""");

        Assert.Equal(["new", "old"], routes.Select(route => (string)route!["name"]!));
        Assert.Equal(2, endpoints.Count);
        Assert.Equal(["k", "old"], secrets.Select(secret => (string)secret!["secret_name"]!));
        Assert.Equal("sk-...4567", (string)secrets[1]!["masked_values"]!["api_key"]!);
        Assert.Equal("old", (string)old["model_mappings"]![0]!["model_definition"]!["name"]!);
        Assert.Equal(404, (await Gateway.AskAsync("/gateway/secret:k/mlflow/invocations", Messages)).Status);
        using var removal = await Gateway.Client.DeleteAsync("/api/2.0/gateway/routes/secret:k");
        Assert.Equal(HttpStatusCode.NotFound, removal.StatusCode);
    }

    [Fact]
    public async Task Gives_a_route_its_own_definition_when_an_older_path_replaces_a_shared_one()
    {
        var model = await CreateModelAsync("m", await CreateSecretAsync("k"));
        await CreateEndpointAsync("e1", model);
        await CreateEndpointAsync("e2", model);
        using var answer = await Gateway.Client.PutAsync("/api/2.0/gateway/routes/e1", new StringContent(
            """{"route_type":"llm/v1/chat","model":{"provider":"openai","name":"other","config":{"openai_api_key":"sk-own-1234567"}}}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var models = (await OkAsync("GET", "model-definitions/list"))["model_definitions"]!.AsArray();

        Assert.Equal(["m echo", "e1 other"], models.Select(definition => $"{definition!["name"]} {definition["model_name"]}"));
    }

    [Fact]
    public async Task Falls_back_to_a_model_that_was_attached_for_it()
    {
        var secret = await CreateSecretAsync("k");
        var failing = (string)(await OkAsync("POST", "model-definitions/create", $$"""{"name":"failing","secret_id":"{{secret}}","provider":"openai","model_name":"status=500"}"""))["model_definition"]!["model_definition_id"]!;
        var endpoint = await CreateEndpointAsync("e", failing);
        Assert.Equal(500, (await Gateway.AskAsync("/gateway/e/mlflow/invocations", Messages)).Status);

        var good = await CreateModelAsync("good", secret);
        await OkAsync("POST", "endpoints/models/attach", $$$"""{"endpoint_id":"{{{endpoint}}}","model_config":{"model_definition_id":"{{{good}}}","linkage_type":"FALLBACK","fallback_order":0} }""");

        Assert.Equal(200, (await Gateway.AskAsync("/gateway/e/mlflow/invocations", Messages)).Status);
        Assert.NotNull((await OkAsync("GET", "endpoints/get?name=e"))["endpoint"]!["fallback_config"]);
    }

    [Fact]
    public async Task Takes_keeps_and_shows_the_gateways_own_options_of_an_endpoint()
    {
        var model = await CreateModelAsync("m", await CreateSecretAsync("k"));
        var created = (await OkAsync("POST", "endpoints/create",
            $$$"""{"name":"e","model_configs":[{"model_definition_id":"{{{model}}}","linkage_type":"PRIMARY"}],"gateway_options":{"sticky":"caller","deadlines":{"total":"00:00:30"} } }"""))["endpoint"]!;
        Assert.Equal(("caller", "00:00:30"), ((string)created["gateway_options"]!["sticky"]!, (string)created["gateway_options"]!["deadlines"]!["total"]!));

        // What an update does not name stays, and what it names is what it says.
        var id = (string)created["endpoint_id"]!;
        Assert.Equal("caller", (string)(await OkAsync("PATCH", "endpoints/update", $$"""{"endpoint_id":"{{id}}","usage_tracking":false}"""))["endpoint"]!["gateway_options"]!["sticky"]!);
        var changed = (await OkAsync("POST", "endpoints/update", $$$"""{"endpoint_id":"{{{id}}}","gateway_options":{"sticky":"X-Session"} }"""))["endpoint"]!;
        Assert.Equal("X-Session", (string)changed["gateway_options"]!["sticky"]!);
        Assert.Null(changed["gateway_options"]!["deadlines"]);
        using var old = await Gateway.Client.GetAsync("/api/2.0/gateway/routes/e");
        Assert.Contains("\"sticky\":\"X-Session\"", await old.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Null((await OkAsync("POST", "endpoints/update", $$$"""{"endpoint_id":"{{{id}}}","gateway_options":{} }"""))["endpoint"]!["gateway_options"]);
    }

    [Theory]
    [InlineData("""{"sticky":"a b"}""", "gateway_options.sticky: Input should be 'caller' or the name of a header")]
    [InlineData("""{"color":1}""", "gateway_options.color: Extra inputs are not permitted")]
    [InlineData("1", "gateway_options: Input should be a valid dictionary or object to extract fields from")]
    public async Task Refuses_options_that_it_does_not_know(string options, string message)
    {
        var model = await CreateModelAsync("m", await CreateSecretAsync("k"));

        var (status, json) = await CallAsync("POST", "endpoints/create", $$"""{"name":"e","model_configs":[{"model_definition_id":"{{model}}"}],"gateway_options":{{options}}}""");

        Assert.Equal((400, "INVALID_PARAMETER_VALUE", message), ((int)status, (string)json["error_code"]!, (string)json["message"]!));
    }

    [Theory]
    [InlineData("00:03:50", false)]
    [InlineData("00:04:00", true)]
    public async Task Warns_of_a_deadline_that_the_front_end_does_not_keep(string total, bool isWarned)
    {
        var model = await CreateModelAsync("m", await CreateSecretAsync("k"));
        var options = $$$"""{"deadlines":{"total":"{{{total}}}"} }""";

        using var created = await Gateway.PostAsync("/api/3.0/mlflow/gateway/endpoints/create", $$"""{"name":"e","model_configs":[{"model_definition_id":"{{model}}"}],"gateway_options":{{options}}}""");
        using var old = await Gateway.PostAsync("/api/2.0/gateway/routes/",
            $$$"""{"name":"r","route_type":"llm/v1/chat","model":{"provider":"openai","name":"m","config":{"openai_api_key":"sk-old-1234567"} },"gateway_options":{{{options}}} }""");

        foreach (var answer in new[] { created, old })
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(isWarned, answer.Headers.TryGetValues("X-Gateway-Warnings", out var warnings) && warnings.Single().Contains("00:04:00", StringComparison.Ordinal));
        }
    }
}

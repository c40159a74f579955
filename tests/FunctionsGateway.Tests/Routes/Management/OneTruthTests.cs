using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>What one generation's words change, the others' show.</summary>
public sealed class OneTruthTests : ManagementTest
{
    private string OldRoute(string name, string model = "echo", string key = "sk-old-1234567") =>
        $$$"""{"name":"{{{name}}}","route_type":"llm/v1/chat","model":{"provider":"openai","name":"{{{model}}}","config":{"openai_api_key":"{{{key}}}","openai_api_base":"{{{Gateway.Provider.Address}}}v1"} } }""";

    [Fact]
    public async Task Shows_a_renamed_endpoint_to_the_older_generations_and_a_deleted_one_to_nobody()
    {
        var endpoint = await CreateEndpointAsync("before", await CreateModelAsync("m", await CreateSecretAsync("k")));
        Assert.Equal(HttpStatusCode.OK, (await OldAsync("GET", "/api/2.0/gateway/routes/before")).Status);
        await OldAsync("POST", "/api/2.0/gateway/limits/", """{"route":"before","limits":[{"calls":5,"renewal_period":"minute"}]}""");

        await OkAsync("PATCH", "endpoints/update", $$"""{"endpoint_id":"{{endpoint}}","name":"after"}""");

        Assert.Equal(HttpStatusCode.NotFound, (await OldAsync("GET", "/api/2.0/gateway/routes/before")).Status);
        var (_, route) = await OldAsync("GET", "/api/2.0/gateway/routes/after");
        Assert.Equal("/gateway/after/invocations", (string)route["route_url"]!);
        Assert.Equal(5, (int)route["limit"]!["calls"]!);
        Assert.Equal("after", (string)(await OldAsync("GET", "/api/2.0/endpoints/after")).Json["name"]!);
        await OkAsync("DELETE", "endpoints/delete", $$"""{"endpoint_id":"{{endpoint}}"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await OldAsync("GET", "/api/2.0/gateway/routes/after")).Status);
        Assert.Equal(404, (await Gateway.AskAsync("/gateway/after/invocations", Messages)).Status);
        Assert.DoesNotContain("after", (await OldAsync("GET", "/api/2.0/gateway/routes/")).Json.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_what_an_older_generation_made_changed_and_removed()
    {
        await OldAsync("POST", "/api/2.0/gateway/routes/", OldRoute("r"));
        Assert.Equal("echo", await ModelOfAsync("r"));

        await OldAsync("PUT", "/api/2.0/gateway/routes/r", OldRoute("r", "other"));
        Assert.Equal("other", await ModelOfAsync("r"));
        Assert.Equal(["r other"], await DefinitionsAsync());

        await OldAsync("DELETE", "/api/2.0/gateway/routes/r");
        Assert.Equal(HttpStatusCode.NotFound, (await CallAsync("GET", "endpoints/get?name=r", null)).Status);
        Assert.Equal("{}", (await OkAsync("GET", "model-definitions/list")).ToJsonString());
    }

    [Fact]
    public async Task Keeps_a_definition_that_others_use_what_it_is_whatever_happens_to_its_route()
    {
        await OldAsync("POST", "/api/2.0/gateway/routes/", OldRoute("r"));
        var definition = (string)(await OkAsync("GET", "model-definitions/list"))["model_definitions"]![0]!["model_definition_id"]!;
        await CreateEndpointAsync("e", definition);

        // The definition is changed in its own words: both show and call the new model.
        await OkAsync("POST", "model-definitions/update", $$"""{"model_definition_id":"{{definition}}","model_name":"newer"}""");
        Assert.Equal(("newer", "newer"), (await ModelOfAsync("r"), await ModelOfAsync("e")));
        Assert.Equal("newer", (string)(await OldAsync("GET", "/api/2.0/gateway/routes/r")).Json["model"]!["name"]!);

        // The route is changed in its own words: it gets a definition of its own, and the shared one stays.
        await OldAsync("PUT", "/api/2.0/gateway/routes/r", OldRoute("r", "apart"));
        Assert.Equal(("apart", "newer"), (await ModelOfAsync("r"), await ModelOfAsync("e")));
        Assert.Equal(2, (await DefinitionsAsync()).Length);

        // And without its route it serves on, key and all.
        await OldAsync("DELETE", "/api/2.0/gateway/routes/r");
        Assert.Equal(["r newer"], await DefinitionsAsync());
        Assert.Equal(200, (await Gateway.AskAsync("/gateway/e/mlflow/invocations", Messages)).Status);
        Assert.Equal("Bearer sk-old-1234567", Gateway.Provider.Requests.Last().Headers["authorization"]);
        Assert.Single((await OkAsync("GET", "secrets/list"))["secrets"]!.AsArray());
    }

    [Fact]
    public async Task Keeps_the_name_that_a_routes_definition_is_given()
    {
        await OldAsync("POST", "/api/2.0/gateway/routes/", OldRoute("r"));
        var definition = (string)(await OkAsync("GET", "model-definitions/list"))["model_definitions"]![0]!["model_definition_id"]!;

        await OkAsync("PATCH", "model-definitions/update", $$"""{"model_definition_id":"{{definition}}","name":"mine"}""");

        Assert.Equal(["mine echo"], await DefinitionsAsync());
        Assert.Equal(200, (await Gateway.AskAsync("/gateway/r/invocations", Messages)).Status);
    }

    [Theory]
    [InlineData("PUT", true)]
    [InlineData("DELETE", true)]
    [InlineData("PUT", false)]
    [InlineData("DELETE", false)]
    public async Task Keeps_a_key_that_a_model_uses_what_it_is_whatever_happens_to_its_route(string verb, bool isCreated)
    {
        await OldAsync("POST", "/api/2.0/gateway/routes/", OldRoute("r"));
        var secret = await SecretAsync();
        var model = await UsingAsync(secret, isCreated);

        await OldAsync(verb, "/api/2.0/gateway/routes/r", verb == "PUT" ? OldRoute("r", key: "sk-new-7654321") : null);

        await OkAsync("GET", $"secrets/get?secret_id={secret}");
        await CreateEndpointAsync("e", model);
        await AssertServesAsync("e", "sk-old-1234567");
        if (verb == "PUT")
        {
            await AssertServesAsync("r", "sk-new-7654321");
        }

        // What the model says it uses is there, and is what it uses.
        var mine = (await OkAsync("GET", "model-definitions/list"))["model_definitions"]!.AsArray().Single(model => (string)model!["name"]! == "mine")!;
        Assert.Equal(secret, (string)mine["secret_id"]!);
        await OkAsync("POST", "secrets/update", $$$"""{"secret_id":"{{{secret}}}","secret_value":{"api_key":"sk-changed-12345"} }""");
        await AssertServesAsync("e", "sk-changed-12345");
        if (verb == "PUT")
        {
            await AssertServesAsync("r", "sk-new-7654321");
        }
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Keeps_the_key_of_a_definition_that_got_a_name_of_its_own(string verb)
    {
        await OldAsync("POST", "/api/2.0/gateway/routes/", OldRoute("r"));
        var secret = await SecretAsync();
        var definition = (string)(await OkAsync("GET", "model-definitions/list"))["model_definitions"]![0]!["model_definition_id"]!;
        await OkAsync("PATCH", "model-definitions/update", $$"""{"model_definition_id":"{{definition}}","name":"mine"}""");

        await OldAsync(verb, "/api/2.0/gateway/routes/r", verb == "PUT" ? OldRoute("r", key: "sk-new-7654321") : null);

        await OkAsync("GET", $"secrets/get?secret_id={secret}");
        await CreateEndpointAsync("e", definition);
        await AssertServesAsync("e", "sk-old-1234567");
        await OkAsync("POST", "secrets/update", $$$"""{"secret_id":"{{{secret}}}","secret_value":{"api_key":"sk-changed-12345"} }""");
        await AssertServesAsync("e", "sk-changed-12345");
    }

    [Fact]
    public async Task Creates_what_the_policy_refuses_to_call()
    {
        await DisposeAsync();
        await InitializeAsync(("MLFLOW_GATEWAY_ALLOWED_PROVIDERS", "anthropic"));

        await CreateEndpointAsync("e", await CreateModelAsync("m", await CreateSecretAsync("k")));
        var (status, body) = await Gateway.AskAsync("/gateway/e/mlflow/invocations", Messages);
        var (asked, refusal) = await CallAsync("GET", "provider-config?provider=openai", null);

        Assert.Equal((400, """{"detail":{"error_code":"INVALID_PARAMETER_VALUE","message":"Provider 'openai' is not allowed by the current gateway provider policy."}}"""), (status, body));
        Assert.Equal((HttpStatusCode.BadRequest, "Provider 'openai' is not allowed by the current gateway provider policy."), (asked, (string)refusal["message"]!));
        Assert.Empty(Gateway.Provider.Requests);
    }

    private async Task<string> SecretAsync() => (string)(await OkAsync("GET", "secrets/list"))["secrets"]!.AsArray().Single()!["secret_id"]!;

    // A model `mine` that uses the secret: made with it, or changed to it.
    private async Task<string> UsingAsync(string secret, bool isCreated)
    {
        var model = await CreateModelAsync("mine", isCreated ? secret : await CreateSecretAsync("other"));
        if (!isCreated)
        {
            await OkAsync("POST", "model-definitions/update", $$"""{"model_definition_id":"{{model}}","secret_id":"{{secret}}"}""");
        }

        return model;
    }

    private async Task AssertServesAsync(string endpoint, string key)
    {
        Assert.Equal(200, (await Gateway.AskAsync($"/gateway/{endpoint}/mlflow/invocations", Messages)).Status);
        Assert.Equal("Bearer " + key, Gateway.Provider.Requests.Last().Headers["authorization"]);
    }

    private async Task<string[]> DefinitionsAsync() =>
        [.. (await OkAsync("GET", "model-definitions/list"))["model_definitions"]!.AsArray().Select(definition => $"{definition!["name"]} {definition["model_name"]}")];

    private async Task<string> ModelOfAsync(string endpoint) =>
        (string)(await OkAsync("GET", $"endpoints/get?name={endpoint}"))["endpoint"]!["model_mappings"]![0]!["model_definition"]!["model_name"]!;

    private async Task<(HttpStatusCode Status, JsonObject Json)> OldAsync(string verb, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var answer = await Gateway.Client.SendAsync(request);
        Assert.True(verb == "GET" || answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (answer.StatusCode, (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}

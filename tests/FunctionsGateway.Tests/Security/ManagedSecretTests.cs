using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>The third generation's secrets, with a vault behind the gateway.</summary>
public sealed class ManagedSecretTests
{
    [Fact]
    public async Task Keeps_a_literal_in_its_own_vault_changes_it_there_and_removes_it_with_the_secret()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var (status, secret) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-managed-literal-1"));
        Assert.True(status == 200, secret.ToJsonString());
        Assert.Equal("sk-...al-1", (string)secret["secret"]!["masked_values"]!["api_key"]!);
        var (first, versions) = Assert.Single(gateway.Vault.Own);
        Assert.Equal(("sk-managed-literal-1", gateway.Origin), (versions[0].Value, versions[0].Origin));
        var id = (string)secret["secret"]!["secret_id"]!;
        await EndpointAsync(gateway, "e", await ModelAsync(gateway, "m", id));
        Assert.Equal("Bearer sk-managed-literal-1", await KeyOfCallAsync(gateway, "e"));

        (status, secret) = await gateway.ManageAsync("POST", "secrets/update", new JsonObject { ["secret_id"] = id, ["secret_value"] = new JsonObject { ["api_key"] = "sk-managed-literal-2" } });
        Assert.True(status == 200, secret.ToJsonString());
        Assert.Equal("sk-...al-2", (string)secret["secret"]!["masked_values"]!["api_key"]!);
        Assert.Equal([first], gateway.Vault.Deleted.Keys);
        Assert.Equal("Bearer sk-managed-literal-2", await KeyOfCallAsync(gateway, "e"));
        Assert.DoesNotContain("sk-managed", await RowsAsync(gateway), StringComparison.Ordinal);

        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "secrets/delete", new JsonObject { ["secret_id"] = id })).Status);
        Assert.Equal(2, gateway.Vault.Deleted.Count);
    }

    [Theory]
    [InlineData("DELETE", false)]
    [InlineData("PUT", false)]
    [InlineData("DELETE", true)]
    [InlineData("PUT", true)]
    public async Task Keeps_a_routes_literal_in_the_vault_as_long_as_a_model_uses_it(string verb, bool isRenamed)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var (status, answer) = await gateway.CreateRouteAsync("old", "sk-literal-of-a-route");
        Assert.True(status == 200, answer);
        var kept = Assert.Single(gateway.Vault.Own).Key;
        var secret = (string)(await gateway.ManageAsync("GET", "secrets/list")).Json["secrets"]![0]!["secret_id"]!;
        string model;
        if (isRenamed)
        {
            model = (string)(await gateway.ManageAsync("GET", "model-definitions/list")).Json["model_definitions"]![0]!["model_definition_id"]!;
            Assert.Equal(200, (await gateway.ManageAsync("POST", "model-definitions/update", new JsonObject { ["model_definition_id"] = model, ["name"] = "mine" })).Status);
        }
        else
        {
            model = await ModelAsync(gateway, "mine", secret);
        }

        (status, answer) = await gateway.SendAsync(verb, "/api/2.0/gateway/routes/old", verb == "PUT" ? OldRoute(gateway, "sk-newer-literal") : null, ("x-api-key", gateway.Key));

        Assert.True(status == 200, answer);
        Assert.Contains(kept, gateway.Vault.Own.Keys);
        Assert.Empty(gateway.Vault.Deleted);
        Assert.Equal(200, (await gateway.ManageAsync("GET", $"secrets/get?secret_id={secret}")).Status);
        await EndpointAsync(gateway, "e", model);
        Assert.Equal("Bearer sk-literal-of-a-route", await KeyOfCallAsync(gateway, "e"));

        // And it goes with the last that has a share in it.
        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "secrets/delete", new JsonObject { ["secret_id"] = secret })).Status);
        Assert.Equal([kept], gateway.Vault.Deleted.Keys);
        Assert.Equal(verb == "PUT" ? 1 : 0, gateway.Vault.Own.Keys.Count(name => name != kept));
    }

    [Theory]
    [InlineData("anthropic", "https://api.anthropic.com")]
    [InlineData("bedrock", "https://bedrock-runtime.eu-central-1.amazonaws.com")]
    public async Task Binds_a_literal_without_an_address_to_the_providers_own(string provider, string origin)
    {
        await using var gateway = await GuardedGateway.StartAsync(("AWS_REGION", "eu-central-1"));

        await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-managed-literal", provider, open: []));

        Assert.Equal(origin, Assert.Single(gateway.Vault.Own).Value[0].Origin);
    }

    [Fact]
    public async Task Binds_the_literal_of_a_route_to_the_region_that_the_settings_say()
    {
        await using var gateway = await GuardedGateway.StartAsync(("AWS_REGION", "eu-central-1"));

        var (status, body) = await gateway.SendAsync("POST", "/api/2.0/gateway/routes/",
            """{"name":"r","route_type":"llm/v1/chat","model":{"name":"m","provider":"bedrock","config":{"aws_config":{"aws_bearer_token":"bedrock-key"}}}}""", ("x-api-key", gateway.Key));

        Assert.True(status == 200, body);
        Assert.Equal("https://bedrock-runtime.eu-central-1.amazonaws.com", Assert.Single(gateway.Vault.Own).Value[0].Origin);
    }

    [Fact]
    public async Task Says_what_is_missing_to_know_where_a_literal_may_go()
    {
        await using var gateway = await GuardedGateway.StartAsync();

        var (status, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-managed-literal", provider: null, open: []));
        Assert.Equal(400, status);
        Assert.Contains("'provider'", (string)json["message"]!, StringComparison.Ordinal);
        (status, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-managed-literal", "databricks", open: []));
        Assert.Equal(400, status);
        Assert.Contains("'auth_config'", (string)json["message"]!, StringComparison.Ordinal);

        Assert.Empty(gateway.Vault.Own);
    }

    [Fact]
    public async Task Refuses_a_literal_without_a_vault_of_its_own()
    {
        await using var gateway = await GuardedGateway.StartAsync(("Gateway__KeyVault__WriteUri", ""));

        var (status, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-managed-literal"));

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (status, (string)json["error_code"]!));
        Assert.Contains("Gateway__KeyVault__WriteUri", (string)json["message"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-managed", json.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$SETTING_API_KEY", "sk-from-a-setting")]
    [InlineData("keyvault:tagged", "sk-tagged")]
    [InlineData("https://keys.vault.azure.net/secrets/tagged", "sk-tagged")]
    public async Task Takes_references_and_leaves_what_they_refer_to_alone(string reference, string key)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("tagged", "sk-tagged", gateway.Origin);
        var (status, secret) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", reference));
        Assert.True(status == 200, secret.ToJsonString());
        var id = (string)secret["secret"]!["secret_id"]!;
        await EndpointAsync(gateway, "e", await ModelAsync(gateway, "m", id));

        Assert.Equal("Bearer " + key, await KeyOfCallAsync(gateway, "e"));
        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "secrets/delete", new JsonObject { ["secret_id"] = id })).Status);

        Assert.Equal(["tagged"], gateway.Vault.Operators.Keys);
        Assert.Empty(gateway.Vault.Own);
        Assert.Empty(gateway.Vault.Deleted);
    }

    [Theory]
    [InlineData("keyvault:other-host")]
    [InlineData("keyvault:untagged")]
    [InlineData("keyvault:none")]
    [InlineData("keyvault:../x")]
    [InlineData("https://evil.example/secrets/tagged")]
    [InlineData("$PATH")]
    [InlineData("$NONE_API_KEY")]
    [InlineData("file:key")]
    public async Task Refuses_references_that_may_not_serve(string reference)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("other-host", "sk-other", "https://api.anthropic.com");
        gateway.Vault.Set("untagged", "sk-untagged");

        var (status, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", reference));

        Assert.Equal((400, "INVALID_PARAMETER_VALUE"), (status, (string)json["error_code"]!));
        Assert.DoesNotContain("sk-", json.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_nothing_in_the_vault_of_a_secret_that_was_refused()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        Assert.Equal(200, (await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-first"))).Status);
        var kept = Assert.Single(gateway.Vault.Own).Key;

        var two = Secret(gateway, "l", "sk-second");
        two["secret_value"]!["other"] = "keyvault:none";

        Assert.Equal(400, (await gateway.ManageAsync("POST", "secrets/create", two)).Status);
        Assert.Equal(400, (await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-third"))).Status);
        Assert.Equal([kept], gateway.Vault.Own.Keys.Except(gateway.Vault.Deleted.Keys));
    }

    [Fact]
    public async Task Refuses_an_untagged_key_for_a_strange_host_when_it_is_written()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("named-api-key", "sk-named");

        foreach (var reference in new[] { "$SETTING_API_KEY", "keyvault:named-api-key" })
        {
            var (older, body) = await gateway.CreateRouteAsync("r", reference, "https://strange.example/v1");
            var (newer, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", reference, open: new() { ["api_base"] = "https://strange.example/v1" }));

            Assert.Equal((400, 400), (older, newer));
            foreach (var (text, field) in new[] { (body, "openai_api_key"), ((string)json["message"]!, "api_key") })
            {
                Assert.Contains(field, text, StringComparison.Ordinal);
                Assert.Contains("gateway-origin", text, StringComparison.Ordinal);
                Assert.Contains("Gateway__Egress__AllowedHosts", text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Refuses_a_secret_of_one_provider_for_another_whatever_they_are_called()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var (_, bedrock) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "alias", "sk-bedrock", "amazon-bedrock", open: []));
        Assert.Equal(200, (await CreateModelAsync(gateway, "m1", (string)bedrock["secret"]!["secret_id"]!, "bedrock_converse")).Status);

        var (_, nameless) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "nameless", "$SETTING_API_KEY", provider: null));
        Assert.Equal(200, (await CreateModelAsync(gateway, "m2", (string)nameless["secret"]!["secret_id"]!, "openai")).Status);
        Assert.Equal(400, (await CreateModelAsync(gateway, "m3", (string)nameless["secret"]!["secret_id"]!, "anthropic")).Status);
    }

    [Fact]
    public async Task Refuses_a_model_whose_host_the_key_is_not_for()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("tagged", "sk-tagged", "https://api.anthropic.com");
        var (status, secret) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "keyvault:tagged", provider: null, open: []));
        Assert.True(status == 200, secret.ToJsonString());
        var id = (string)secret["secret"]!["secret_id"]!;

        Assert.Equal(400, (await CreateModelAsync(gateway, "m1", id, "openai")).Status);
        Assert.Equal(200, (await CreateModelAsync(gateway, "m2", id, "anthropic")).Status);
    }

    [Theory]
    [InlineData("databricks", "host", "10.0.0.1")]
    [InlineData("databricks", "host", "https://10.0.0.1")]
    [InlineData("mlflow-model-serving", "model_server_url", "localhost:5000")]
    [InlineData(null, "host", "10.0.0.1")]
    public async Task Holds_every_address_of_a_secret_to_the_rule(string? provider, string field, string address)
    {
        await using var gateway = await GuardedGateway.StartAsync();

        var (status, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "$SETTING_API_KEY", provider, new() { [field] = address }));

        Assert.Equal(400, status);
        Assert.Contains($"auth_config.{field}", (string)json["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai", "api_base", "http://api.openai.com/v1")]
    [InlineData("openai", "openai_api_base", "https://strange.example/v1")]
    [InlineData("databricks", "host", "https://strange.example")]
    [InlineData(null, "host", "http://strange.example")]
    [InlineData(null, "anthropic_api_base", "http://api.anthropic.com")]
    public async Task Takes_no_address_beside_a_key(string? provider, string field, string address)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var hidden = Secret(gateway, "k", "$SETTING_API_KEY", provider, provider is "databricks" ? new() { ["host"] = gateway.Origin } : []);
        hidden["secret_value"]![field] = address;

        var (status, json) = await gateway.ManageAsync("POST", "secrets/create", hidden);
        Assert.Equal(400, status);
        Assert.Contains($"secret_value.{field}", (string)json["message"]!, StringComparison.Ordinal);
        Assert.Contains("auth_config", (string)json["message"]!, StringComparison.Ordinal);

        (_, json) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "$SETTING_API_KEY", provider, provider is "databricks" ? new() { ["host"] = gateway.Origin } : null));
        (status, _) = await gateway.ManageAsync("PATCH", "secrets/update", new JsonObject
        {
            ["secret_id"] = (string)json["secret"]!["secret_id"]!, ["secret_value"] = new JsonObject { ["api_key"] = "$SETTING_API_KEY", [field] = address },
        });
        Assert.Equal(400, status);
    }

    [Fact]
    public async Task Removes_a_key_that_endpoints_share_with_the_last_of_them()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        Assert.Equal(200, (await gateway.CreateRouteAsync("one", "sk-shared-literal")).Status);
        var (_, models) = await gateway.ManageAsync("GET", "model-definitions/list");
        var model = (string)models["model_definitions"]![0]!["model_definition_id"]!;
        await EndpointAsync(gateway, "two", model);
        await EndpointAsync(gateway, "three", model);

        await DeleteAsync(gateway, "three");
        Assert.Empty(gateway.Vault.Deleted);
        Assert.Equal(200, (await gateway.SendAsync("DELETE", "/api/2.0/gateway/routes/one", null, ("x-api-key", gateway.Key))).Status);
        Assert.Empty(gateway.Vault.Deleted);
        Assert.Equal("Bearer sk-shared-literal", await KeyOfCallAsync(gateway, "two"));
        // What endpoints shared stays when they are gone: a definition, and the secret that it uses.
        await DeleteAsync(gateway, "two");
        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "model-definitions/delete", new() { ["model_definition_id"] = model })).Status);
        Assert.Empty(gateway.Vault.Deleted);
        var (_, secrets) = await gateway.ManageAsync("GET", "secrets/list");
        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "secrets/delete", new() { ["secret_id"] = (string)Assert.Single(secrets["secrets"]!.AsArray())!["secret_id"]! })).Status);
        Assert.Single(gateway.Vault.Deleted);
    }

    [Fact]
    public async Task Keeps_the_key_of_a_route_that_an_older_path_took_over()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var (_, secret) = await gateway.ManageAsync("POST", "secrets/create", Secret(gateway, "k", "sk-taken-over"));
        var id = (string)secret["secret"]!["secret_id"]!;
        await EndpointAsync(gateway, "e", await ModelAsync(gateway, "m", id));
        var (status, body) = await gateway.SendAsync("PUT", "/api/2.0/gateway/routes/e", new JsonObject
        {
            ["route_type"] = "llm/v1/chat",
            ["model"] = new JsonObject { ["provider"] = "openai", ["name"] = "other", ["config"] = new JsonObject { ["openai_api_base"] = $"{gateway.Provider.Address}v1" } },
        }.ToJsonString(), ("x-api-key", gateway.Key));
        Assert.True(status == 200, body);

        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "secrets/delete", new JsonObject { ["secret_id"] = id })).Status);

        Assert.Equal("Bearer sk-taken-over", await KeyOfCallAsync(gateway, "e"));
        await DeleteAsync(gateway, "e");
        Assert.Single(gateway.Vault.Deleted);
    }

    private static JsonObject Secret(GuardedGateway gateway, string name, string key, string? provider = "openai", JsonObject? open = null)
    {
        var body = new JsonObject { ["secret_name"] = name, ["secret_value"] = new JsonObject { ["api_key"] = key } };
        if (provider is not null)
        {
            body["provider"] = provider;
        }

        body["auth_config"] = open ?? new JsonObject { ["api_base"] = $"{gateway.Provider.Address}v1" };
        return body;
    }

    private static string OldRoute(GuardedGateway gateway, string key) => new JsonObject
    {
        ["route_type"] = "llm/v1/chat",
        ["model"] = new JsonObject { ["name"] = "echo", ["provider"] = "openai", ["config"] = new JsonObject { ["openai_api_key"] = key, ["openai_api_base"] = $"{gateway.Provider.Address}v1" } },
    }.ToJsonString();

    private static Task<(int Status, JsonObject Json)> CreateModelAsync(GuardedGateway gateway, string name, string secret, string provider) => gateway.ManageAsync(
        "POST", "model-definitions/create", new JsonObject { ["name"] = name, ["secret_id"] = secret, ["provider"] = provider, ["model_name"] = "echo" });

    private static async Task<string> ModelAsync(GuardedGateway gateway, string name, string secret)
    {
        var (status, json) = await CreateModelAsync(gateway, name, secret, "openai");
        Assert.True(status == 200, json.ToJsonString());
        return (string)json["model_definition"]!["model_definition_id"]!;
    }

    private static async Task EndpointAsync(GuardedGateway gateway, string name, string model)
    {
        var (status, json) = await gateway.ManageAsync("POST", "endpoints/create",
            new JsonObject { ["name"] = name, ["model_configs"] = new JsonArray(new JsonObject { ["model_definition_id"] = model, ["linkage_type"] = "PRIMARY", ["weight"] = 1.0 }) });
        Assert.True(status == 200, json.ToJsonString());
    }

    private static async Task DeleteAsync(GuardedGateway gateway, string name)
    {
        var (_, json) = await gateway.ManageAsync("GET", $"endpoints/get?name={name}");
        Assert.Equal(200, (await gateway.ManageAsync("DELETE", "endpoints/delete", new JsonObject { ["endpoint_id"] = (string)json["endpoint"]!["endpoint_id"]! })).Status);
    }

    private static async Task<string> KeyOfCallAsync(GuardedGateway gateway, string endpoint)
    {
        var (status, body) = await gateway.SendAsync("POST", $"/gateway/{endpoint}/mlflow/invocations", """{"messages":[{"role":"user","content":"hi"}]}""", ("x-api-key", gateway.Key));
        Assert.True(status == 200, body);
        return gateway.Provider.Requests.Last().Headers["Authorization"];
    }

    private static async Task<string> RowsAsync(GuardedGateway gateway)
    {
        var rows = "";
        await foreach (var change in gateway.Services.GetRequiredService<IRouteStore>().ChangesAsync(-1, CancellationToken.None))
        {
            rows += change.Route is { } route ? RouteJson.Write(route) : "";
        }

        return rows;
    }
}

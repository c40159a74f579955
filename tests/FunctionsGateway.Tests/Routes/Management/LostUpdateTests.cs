using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Security;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>A change of a secret or model that is made while another change copies it is in the copy too.</summary>
public sealed class LostUpdateTests
{
    public static TheoryData<string> Copies => ["endpoints/create", "endpoints/update", "endpoints/models/attach", "model-definitions/create", "model-definitions/update"];

    [Theory]
    [MemberData(nameof(Copies))]
    public async Task Copies_no_key_that_was_changed_meanwhile(string operation)
    {
        var store = new WatchedStore(new MemoryRouteStore(TimeProvider.System));
        await using var gateway = await GuardedGateway.StartAsync(builder => builder.Services.AddSingleton<IRouteStore>(store));
        var secret = await SecretAsync(gateway, "k", "sk-first-literal");
        var model = await ModelAsync(gateway, "m", secret);
        var other = await ModelAsync(gateway, "other", await SecretAsync(gateway, "k2", "sk-other-literal"));
        var endpoint = operation.StartsWith("endpoints/", StringComparison.Ordinal) && operation != "endpoints/create" ? await EndpointAsync(gateway, "e", other) : null;

        store.BeforeCommit = async () => Assert.Equal(200, (await gateway.ManageAsync("POST", "secrets/update",
            new JsonObject { ["secret_id"] = secret, ["secret_value"] = new JsonObject { ["api_key"] = "sk-second-literal" } })).Status);
        switch (operation)
        {
            case "endpoints/create":
                await EndpointAsync(gateway, "e", model);
                break;
            case "endpoints/update":
                await OkAsync(gateway, operation, new JsonObject { ["endpoint_id"] = endpoint, ["model_configs"] = new JsonArray(Config(model)) });
                break;
            case "endpoints/models/attach":
                await OkAsync(gateway, operation, new JsonObject { ["endpoint_id"] = endpoint, ["model_config"] = Config(model) });
                await OkAsync(gateway, "endpoints/models/detach", new JsonObject { ["endpoint_id"] = endpoint, ["model_definition_id"] = other });
                break;
            case "model-definitions/create":
                await EndpointAsync(gateway, "e", await ModelAsync(gateway, "new", secret));
                break;
            default:
                await OkAsync(gateway, operation, new JsonObject { ["model_definition_id"] = other, ["secret_id"] = secret });
                await EndpointAsync(gateway, "e", other);
                break;
        }

        Assert.Null(store.BeforeCommit);
        var (status, body) = await gateway.SendAsync("POST", "/gateway/e/mlflow/invocations", """{"messages":[{"role":"user","content":"hi"}]}""", ("x-api-key", gateway.Key));
        Assert.True(status == 200, body);
        Assert.Equal("Bearer sk-second-literal", gateway.Provider.Requests.Last().Headers["Authorization"]);
    }

    [Fact]
    public async Task Builds_many_endpoints_of_one_model_at_once()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        var model = await ModelAsync(gateway, "m", await SecretAsync(gateway, "k", "sk-first-literal"));

        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => EndpointAsync(gateway, $"e{i}", model)));
    }

    private static JsonObject Config(string model) => new() { ["model_definition_id"] = model, ["linkage_type"] = "PRIMARY", ["weight"] = 1.0 };

    private static async Task<string> SecretAsync(GuardedGateway gateway, string name, string key) => (string)(await OkAsync(gateway, "secrets/create", new JsonObject
    {
        ["secret_name"] = name, ["provider"] = "openai", ["secret_value"] = new JsonObject { ["api_key"] = key },
        ["auth_config"] = new JsonObject { ["api_base"] = $"{gateway.Provider.Address}v1" },
    }))["secret"]!["secret_id"]!;

    private static async Task<string> ModelAsync(GuardedGateway gateway, string name, string secret) => (string)(await OkAsync(gateway, "model-definitions/create",
        new JsonObject { ["name"] = name, ["secret_id"] = secret, ["provider"] = "openai", ["model_name"] = "echo" }))["model_definition"]!["model_definition_id"]!;

    private static async Task<string> EndpointAsync(GuardedGateway gateway, string name, string model) =>
        (string)(await OkAsync(gateway, "endpoints/create", new JsonObject { ["name"] = name, ["model_configs"] = new JsonArray(Config(model)) }))["endpoint"]!["endpoint_id"]!;

    private static async Task<JsonObject> OkAsync(GuardedGateway gateway, string operation, JsonObject body)
    {
        var (status, json) = await gateway.ManageAsync("POST", operation, body);
        Assert.True(status == 200, json.ToJsonString());
        return json;
    }
}

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>A gateway, and calls to its third-generation management.</summary>
public abstract class ManagementTest : IAsyncLifetime
{
    private protected const string Messages = """{"messages":[{"role":"user","content":"hi there"}]}""";
    private protected GatewayUnderTest Gateway { get; private set; } = null!;

    public Task InitializeAsync() => InitializeAsync([]);

    private protected async Task InitializeAsync(params (string Name, string Value)[] settings) => Gateway = await GatewayUnderTest.StartAsync(settings);

    public async Task DisposeAsync() => await Gateway.DisposeAsync();

    private protected async Task<string> CreateSecretAsync(string name, string prefix = "/api/3.0") => (string)(await OkAsync(
        "POST", "secrets/create",
        $$$"""{"secret_name":"{{{name}}}","secret_value":{"api_key":"sk-1234567890abcdef"},"provider":"openai","auth_config":{"api_base":"{{{Gateway.Provider.Address}}}v1"} }""", prefix))["secret"]!["secret_id"]!;

    private protected async Task<string> CreateModelAsync(string name, string secret, string prefix = "/api/3.0") => (string)(await OkAsync(
        "POST", "model-definitions/create", $$"""{"name":"{{name}}","secret_id":"{{secret}}","provider":"openai","model_name":"echo"}""", prefix))["model_definition"]!["model_definition_id"]!;

    private protected async Task<string> CreateEndpointAsync(string name, string model) => (string)(await OkAsync(
        "POST", "endpoints/create", $$"""{"name":"{{name}}","model_configs":[{"model_definition_id":"{{model}}","linkage_type":"PRIMARY","weight":1.0}]}"""))["endpoint"]!["endpoint_id"]!;

    private protected async Task<JsonObject> OkAsync(string verb, string path, string? body = null, string prefix = "/api/3.0")
    {
        var (status, json) = await CallAsync(verb, path, body, prefix);
        Assert.True(status == HttpStatusCode.OK, json.ToJsonString());
        return json;
    }

    private protected async Task<(HttpStatusCode Status, JsonObject Json)> CallAsync(string verb, string path, string? body, string prefix = "/api/3.0")
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), $"{prefix}/mlflow/gateway/{path}");
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Gateway.Client.SendAsync(request);
        return (answer.StatusCode, (JsonObject)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Tests.Routes.Management;

/// <summary>Every operation, held against the table of spec/mlflow-gen3.md §D: what is missing, unknown, taken or still used, and what a good call gives.</summary>
public sealed class OperationTests : ManagementTest
{
    private const string Missing = "Missing value for required parameter '{0}'. See the API docs for more information about request parameters.";

    /// <summary>Verb, operation, body or query, status, error code (or the answer's members), message. Braces hold what a fresh gateway was given.</summary>
    private static readonly (string Verb, string Path, string? Body, int Status, string Code, string? Message)[] Rows =
    [
        ("POST", "secrets/create", """{"secret_name":"n","secret_value":{"api_key":"12345678"}}""", 200, "secret", null),
        ("POST", "secrets/create", """{"secret_value":{"api_key":"x"}}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "secret_name")),
        ("POST", "secrets/create", """{"secret_name":"n"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "secret_value")),
        ("POST", "secrets/create", """{"secret_name":"k","secret_value":{"api_key":"x"}}""", 400, "RESOURCE_ALREADY_EXISTS", "Secret with name 'k' already exists"),
        ("GET", "secrets/get?secret_id={s}", null, 200, "secret", null),
        ("GET", "secrets/get?secret_name=k", null, 200, "secret", null),
        ("GET", "secrets/get", null, 400, "INVALID_PARAMETER_VALUE", "Exactly one of secret_id or secret_name must be provided"),
        ("GET", "secrets/get?secret_id=s-0", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')"),
        ("GET", "secrets/get?secret_name=x", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_name='x')"),
        ("GET", "secrets/list", null, 200, "secrets", null),
        ("GET", "secrets/list?provider=cohere", null, 200, "", null),
        ("UPDATE", "secrets/update", """{"secret_id":"{s}","secret_value":{"api_key":"12345678"}}""", 200, "secret", null),
        ("UPDATE", "secrets/update", """{"secret_value":{"api_key":"x"}}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "secret_id")),
        ("UPDATE", "secrets/update", """{"secret_id":"s-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')"),
        ("DELETE", "secrets/delete", """{"secret_id":"{s}"}""", 200, "", null),
        ("DELETE", "secrets/delete", "{}", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "secret_id")),
        ("DELETE", "secrets/delete", """{"secret_id":"s-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')"),

        ("POST", "model-definitions/create", """{"name":"n","secret_id":"{s}","provider":"openai","model_name":"x"}""", 200, "model_definition", null),
        ("POST", "model-definitions/create", """{"secret_id":"{s}","provider":"openai","model_name":"x"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "name")),
        ("POST", "model-definitions/create", """{"name":"n","provider":"openai","model_name":"x"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "secret_id")),
        ("POST", "model-definitions/create", """{"name":"n","secret_id":"{s}","model_name":"x"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "provider")),
        ("POST", "model-definitions/create", """{"name":"n","secret_id":"{s}","provider":"openai"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_name")),
        ("POST", "model-definitions/create", """{"name":"n","secret_id":"s-0","provider":"openai","model_name":"x"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')"),
        ("POST", "model-definitions/create", """{"name":"m","secret_id":"{s}","provider":"openai","model_name":"x"}""", 400, "RESOURCE_ALREADY_EXISTS", "Model definition with name 'm' already exists"),
        ("GET", "model-definitions/get?model_definition_id={d}", null, 200, "model_definition", null),
        ("GET", "model-definitions/get", null, 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_definition_id")),
        ("GET", "model-definitions/get?model_definition_id=d-0", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewayModelDefinition not found (model_definition_id='d-0')"),
        ("GET", "model-definitions/list?provider=openai&secret_id={s}", null, 200, "model_definitions", null),
        ("GET", "model-definitions/list?provider=cohere", null, 200, "", null),
        ("UPDATE", "model-definitions/update", """{"model_definition_id":"{d}","name":"n","model_name":"y"}""", 200, "model_definition", null),
        ("UPDATE", "model-definitions/update", """{"name":"n"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_definition_id")),
        ("UPDATE", "model-definitions/update", """{"model_definition_id":"d-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayModelDefinition not found (model_definition_id='d-0')"),
        ("UPDATE", "model-definitions/update", """{"model_definition_id":"{d}","secret_id":"s-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewaySecret not found (secret_id='s-0')"),
        ("UPDATE", "model-definitions/update", """{"model_definition_id":"{d}","name":"m2"}""", 400, "RESOURCE_ALREADY_EXISTS", "Model definition with name 'm2' already exists"),
        ("DELETE", "model-definitions/delete", """{"model_definition_id":"{d2}"}""", 200, "", null),
        ("DELETE", "model-definitions/delete", "{}", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_definition_id")),
        ("DELETE", "model-definitions/delete", """{"model_definition_id":"d-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayModelDefinition not found (model_definition_id='d-0')"),
        ("DELETE", "model-definitions/delete", """{"model_definition_id":"{d}"}""", 500, "INVALID_STATE", "Cannot delete model definition that is currently in use by endpoints. Detach it from all endpoints first."),

        ("POST", "endpoints/create", """{"name":"n","model_configs":[{"model_definition_id":"{d}"}]}""", 200, "endpoint", null),
        ("POST", "endpoints/create", """{"model_configs":[{"model_definition_id":"{d}"}]}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "name")),
        ("POST", "endpoints/create", """{"name":"n"}""", 400, "INVALID_PARAMETER_VALUE", "Endpoint must have at least one model configuration"),
        ("POST", "endpoints/create", """{"name":"n","model_configs":[{}]}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_definition_id")),
        ("POST", "endpoints/create", """{"name":"n","model_configs":[{"model_definition_id":"d-1"},{"model_definition_id":"{d}"},{"model_definition_id":"d-2"}]}""", 404, "RESOURCE_DOES_NOT_EXIST", "Model definitions not found: d-1, d-2"),
        ("POST", "endpoints/create", """{"name":"a b","model_configs":[{"model_definition_id":"{d}"}]}""", 400, "INVALID_PARAMETER_VALUE", "Invalid endpoint name 'a b'. Name can only contain letters, numbers, underscores, hyphens, and dots."),
        ("POST", "endpoints/create", """{"name":"e","model_configs":[{"model_definition_id":"{d}"}]}""", 400, "RESOURCE_ALREADY_EXISTS", "Endpoint with name 'e' already exists"),
        ("POST", "endpoints/create", """{"name":"n","model_configs":[{"model_definition_id":"{d}","linkage_type":"OTHER"}]}""", 400, "INVALID_PARAMETER_VALUE", null),
        ("GET", "endpoints/get?endpoint_id={e}", null, 200, "endpoint", null),
        ("GET", "endpoints/get?name=e", null, 200, "endpoint", null),
        ("GET", "endpoints/get", null, 400, "INVALID_PARAMETER_VALUE", "Exactly one of endpoint_id or name must be provided"),
        ("GET", "endpoints/get?endpoint_id={e}&name=e", null, 400, "INVALID_PARAMETER_VALUE", "Exactly one of endpoint_id or name must be provided"),
        ("GET", "endpoints/get?endpoint_id=e-0", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),
        ("GET", "endpoints/get?name=x", null, 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (name='x')"),
        ("GET", "endpoints/list?provider=openai", null, 200, "endpoints", null),
        ("GET", "endpoints/list?provider=cohere", null, 200, "", null),
        ("UPDATE", "endpoints/update", """{"endpoint_id":"{e}","name":"n"}""", 200, "endpoint", null),
        ("UPDATE", "endpoints/update", """{"name":"n"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "endpoint_id")),
        ("UPDATE", "endpoints/update", """{"endpoint_id":"e-0","name":"n"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),
        ("UPDATE", "endpoints/update", """{"endpoint_id":"{e}","name":"e2"}""", 400, "RESOURCE_ALREADY_EXISTS", "Endpoint with name 'e2' already exists"),
        ("UPDATE", "endpoints/update", """{"endpoint_id":"{e}","model_configs":[{"model_definition_id":"d-1"}]}""", 404, "RESOURCE_DOES_NOT_EXIST", "Model definitions not found: d-1"),
        ("DELETE", "endpoints/delete", """{"endpoint_id":"{e}"}""", 200, "", null),
        ("DELETE", "endpoints/delete", "{}", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "endpoint_id")),
        ("DELETE", "endpoints/delete", """{"endpoint_id":"e-0"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),

        ("POST", "endpoints/models/attach", """{"endpoint_id":"{e}","model_config":{"model_definition_id":"{d2}","linkage_type":"FALLBACK","fallback_order":1}}""", 200, "mapping", null),
        ("POST", "endpoints/models/attach", """{"model_config":{"model_definition_id":"{d2}"}}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "endpoint_id")),
        ("POST", "endpoints/models/attach", """{"endpoint_id":"{e}"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_config")),
        ("POST", "endpoints/models/attach", """{"endpoint_id":"e-0","model_config":{"model_definition_id":"{d2}"}}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),
        ("POST", "endpoints/models/attach", """{"endpoint_id":"{e}","model_config":{"model_definition_id":"d-0"}}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayModelDefinition not found (model_definition_id='d-0')"),
        ("POST", "endpoints/models/attach", """{"endpoint_id":"{e}","model_config":{"model_definition_id":"{d}"}}""", 400, "RESOURCE_ALREADY_EXISTS", "Model definition '{d}' is already attached to endpoint '{e}'"),
        ("POST", "endpoints/models/detach", """{"endpoint_id":"{e}","model_definition_id":"{d}"}""", 200, "", null),
        ("POST", "endpoints/models/detach", """{"endpoint_id":"{e}"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "model_definition_id")),
        ("POST", "endpoints/models/detach", """{"endpoint_id":"e-0","model_definition_id":"{d}"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),
        ("POST", "endpoints/models/detach", """{"endpoint_id":"{e}","model_definition_id":"{d2}"}""", 404, "RESOURCE_DOES_NOT_EXIST", "Model definition '{d2}' is not attached to endpoint '{e}'"),

        ("POST", "endpoints/set-tag", """{"endpoint_id":"{e}","key":"a","value":"b"}""", 200, "", null),
        ("POST", "endpoints/set-tag", """{"endpoint_id":"{e}","value":"b"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "key")),
        ("POST", "endpoints/set-tag", """{"key":"a"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "endpoint_id")),
        ("POST", "endpoints/set-tag", """{"endpoint_id":"e-0","key":"a"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),
        ("DELETE", "endpoints/delete-tag", """{"endpoint_id":"{e}","key":"absent"}""", 200, "", null),
        ("DELETE", "endpoints/delete-tag", """{"endpoint_id":"{e}"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "key")),
        ("DELETE", "endpoints/delete-tag", """{"endpoint_id":"e-0","key":"a"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),

        ("POST", "endpoints/bindings/create", """{"endpoint_id":"{e}","resource_type":"scorer","resource_id":"8"}""", 200, "binding", null),
        ("POST", "endpoints/bindings/create", """{"endpoint_id":"{e}","resource_id":"8"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "resource_type")),
        ("POST", "endpoints/bindings/create", """{"endpoint_id":"{e}","resource_type":"scorer"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "resource_id")),
        ("POST", "endpoints/bindings/create", """{"endpoint_id":"e-0","resource_type":"scorer","resource_id":"8"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpoint not found (endpoint_id='e-0')"),
        ("GET", "endpoints/bindings/list?endpoint_id={e}&resource_type=scorer&resource_id=7", null, 200, "bindings", null),
        ("GET", "endpoints/bindings/list?resource_id=9", null, 200, "", null),
        ("DELETE", "endpoints/bindings/delete", """{"endpoint_id":"{e}","resource_type":"scorer","resource_id":"7"}""", 200, "", null),
        ("DELETE", "endpoints/bindings/delete", """{"endpoint_id":"{e}","resource_type":"scorer"}""", 400, "INVALID_PARAMETER_VALUE", Missing.Replace("{0}", "resource_id")),
        ("DELETE", "endpoints/bindings/delete", """{"endpoint_id":"{e}","resource_type":"scorer","resource_id":"9"}""", 404, "RESOURCE_DOES_NOT_EXIST", "GatewayEndpointBinding not found (endpoint_id='{e}', resource_type='scorer', resource_id='9')"),

        ("GET", "supported-providers", null, 200, "providers", null),
        ("GET", "supported-models", null, 200, "models", null),
        ("GET", "supported-models?provider=openai", null, 200, "models", null),
        ("GET", "provider-config?provider=groq", null, 200, "auth_modes,default_mode", null),
        ("GET", "provider-config", null, 400, "INVALID_PARAMETER_VALUE", "Provider parameter is required"),
        ("GET", "secrets/config", null, 200, "secrets_available,using_default_passphrase", null),
    ];

    [Theory]
    [InlineData("/api/3.0", "POST")]
    [InlineData("/ajax-api/3.0", "PATCH")]
    [InlineData("/api/2.0", "PATCH")]
    [InlineData("/ajax-api/2.0", "POST")]
    public async Task Answers_each_operation_as_the_table_says(string prefix, string update)
    {
        var faults = new List<string>();
        foreach (var operations in Rows.GroupBy(row => row.Path.Split('?')[0]))
        {
            // Refusals change nothing, so that only what succeeded makes a fresh gateway necessary.
            var given = await FreshAsync();
            foreach (var row in operations.OrderBy(row => row.Status == 200))
            {
                var (path, body, message) = (Filled(row.Path, given), row.Body is null ? null : Filled(row.Body, given), row.Message is null ? null : Filled(row.Message, given));
                var (status, json) = await CallAsync(row.Verb == "UPDATE" ? update : row.Verb, path, body, prefix);
                var code = row.Status == 200 ? string.Join(',', json.Select(member => member.Key)) : (string?)json["error_code"];
                if ((row.Status, row.Code) != ((int)status, code) || (message is not null && message != (string?)json["message"]) || (row.Status != 200 && json.Count != 2))
                {
                    faults.Add($"{row.Verb} {row.Path} {row.Body}: {(int)status} {json.ToJsonString()}");
                }
            }
        }

        Assert.Empty(faults);
    }

    private static string Filled(string text, Dictionary<string, string> given) => given.Aggregate(text, (filled, pair) => filled.Replace($"{{{pair.Key}}}", pair.Value, StringComparison.Ordinal));

    private async Task<Dictionary<string, string>> FreshAsync()
    {
        await DisposeAsync();
        await InitializeAsync();
        var secret = await CreateSecretAsync("k");
        var (first, second) = (await CreateModelAsync("m", secret), await CreateModelAsync("m2", secret));
        var (endpoint, _) = (await CreateEndpointAsync("e", first), await CreateEndpointAsync("e2", first));
        await OkAsync("POST", "endpoints/bindings/create", $$"""{"endpoint_id":"{{endpoint}}","resource_type":"scorer","resource_id":"7"}""");
        return new() { ["s"] = secret, ["d"] = first, ["d2"] = second, ["e"] = endpoint };
    }
}

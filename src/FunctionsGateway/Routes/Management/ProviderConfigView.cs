using System.Globalization;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Routes.Management;

/// <summary>How each provider may be authenticated, as MLflow's user interface asks for it (spec/mlflow-gen3.md §E.1). Members in alphabetical order.</summary>
internal static class ProviderConfigView
{
    /// <summary>The answer of <c>provider-config</c>.</summary>
    public static JsonObject Of(string provider)
    {
        JsonObject[] modes = provider.ToLowerInvariant().Replace('_', '-') switch
        {
            "azure" => [Mode("api_key", "API Key", "Use an Azure OpenAI API key", [Field("api_key")], [Field("api_base"), Field("api_version")])],
            "bedrock" or "bedrock-converse" or "amazon-bedrock" =>
            [
                Mode("api_key", "API Key", "Use an Amazon Bedrock API key", [Field("api_key")], [Field("aws_region_name")]),
                Mode("access_keys", "Access Keys", "Use AWS access keys", [Field("aws_access_key_id"), Field("aws_secret_access_key")], [Optional("aws_region_name")]),
                Mode("iam_role", "IAM Role", "Assume an IAM role", [], [Field("aws_role_name"), Optional("aws_region_name")]),
                Mode("default_chain", "Default Credential Chain", "Use the server's own AWS credentials", [], [Optional("aws_role_name"), Optional("aws_session_name"), Optional("aws_region_name")]),
            ],
            "vertex-ai" =>
            [
                Mode("service_account_json", "Service Account JSON", "Use a service account's key", [Field("vertex_credentials")], Vertex()),
                Mode("default_chain", "Default Credential Chain", "Use the server's own Google credentials", [], Vertex()),
            ],
            "databricks" or "databricks-model-serving" =>
            [
                Mode("pat_token", "Personal Access Token", "Use a personal access token", [Field("api_key")], [Field("api_base")]),
                Mode("oauth_m2m", "OAuth M2M", "Use a service principal", [Field("client_secret")], [Field("api_base"), Field("client_id")]),
            ],
            "sagemaker" =>
            [
                Mode("access_keys", "Access Keys", "Use AWS access keys", [Field("aws_access_key_id"), Field("aws_secret_access_key")], [Field("aws_region_name")]),
                Mode("iam_role", "IAM Role", "Assume an IAM role", [Field("aws_access_key_id"), Field("aws_secret_access_key")], [Field("aws_role_name"), Optional("aws_session_name"), Field("aws_region_name")]),
                Mode("default_chain", "Default Credential Chain", "Use the server's own AWS credentials", [], [Optional("aws_role_name"), Optional("aws_session_name"), Optional("aws_region_name")]),
            ],
            _ => [Plain(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(provider))],
        };
        return new JsonObject { ["auth_modes"] = new JsonArray([.. modes]), ["default_mode"] = modes[0]["mode"]!.DeepClone() };
    }

    private static JsonObject Plain(string title) => Mode(
        "api_key", "API Key", $"Use {title} API Key", [Field("api_key", $"{title} API Key")], [Optional("api_base", $"{title} API Base URL")]);

    private static JsonObject Mode(string mode, string name, string description, JsonObject[] secrets, JsonObject[] config) => new()
    {
        ["config_fields"] = new JsonArray([.. config]),
        ["description"] = description,
        ["display_name"] = name,
        ["mode"] = mode,
        ["secret_fields"] = new JsonArray([.. secrets]),
    };

    private static JsonObject[] Vertex()
    {
        var location = Optional("vertex_location");
        location.Insert(0, "default", "us-central1");
        return [Field("vertex_project"), location];
    }

    private static JsonObject Field(string name, string? description = null) => Described(name, description, isRequired: true);

    private static JsonObject Optional(string name, string? description = null) => Described(name, description, isRequired: false);

    private static JsonObject Described(string name, string? description, bool isRequired) => new()
    {
        ["description"] = description ?? CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name.Replace('_', ' ')).Replace("Api", "API", StringComparison.Ordinal).Replace("Aws", "AWS", StringComparison.Ordinal),
        ["name"] = name,
        ["required"] = isRequired,
        ["type"] = "string",
    };
}

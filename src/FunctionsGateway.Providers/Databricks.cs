using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Databricks model serving (spec/providers-openai-family.md §5):
/// a personal access token, OAuth client credentials, or the gateway's own Entra identity.</summary>
public static class Databricks
{
    private const string Host = "host", Token = "token", ClientId = "client_id", ClientSecret = "client_secret";

    // The Entra application of Azure Databricks.
    private const string EntraScope = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default";

    private static readonly string[] AzureHosts = [".azuredatabricks.net"];

    private static readonly OpenAIDialect Dialect = new() { Parts = static () => new("databricks", between: "\n") };

    /// <summary>The provider <c>databricks</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "databricks",
        DisplayName = "Databricks",
        Aliases = ["databricks-model-serving"],
        AuthModes =
        [
            new("pat_token", "Personal Access Token", "Use a personal access token") { Secrets = [new("api_key")], Config = [new("api_base")] },
            new("oauth_m2m", "OAuth M2M", "Use a service principal") { Secrets = [new("client_secret")], Config = [new("api_base"), new("client_id")] },
        ],
        Config = new(
            [
                new(Host, "The workspace's address.") { IsRequired = true, IsBaseAddress = true, Aliases = ["api_base", "databricks_api_base"] },
                Field.Key(Token, "A personal access token.") with { IsRequired = false, Aliases = ["api_key", "databricks_api_key"] },
                new(ClientId, "The service principal's client id, for OAuth."),
                new(ClientSecret, "The service principal's secret, for OAuth.") { IsSecret = true },
            ],
            config => config[ClientId] is null != config[ClientSecret] is null ? $"'{ClientId}' and '{ClientSecret}' go together." : null),
        BaseAddress = call => Base((call.Text(Host) ?? "").TrimEnd('/')),
        Credential = call => call.Config[Token] is not null ? new Credential.Bearer(Token)
            : call.Config[ClientSecret] is not null ? new Credential.ClientCredentials("/oidc/v1/token", ClientId, ClientSecret, "all-apis")
            : new Credential.EntraToken(EntraScope, AzureHosts),
        OwnHosts = [.. AzureHosts, ".cloud.databricks.com", ".gcp.databricks.com"],
        Chat = Dialect.Chat,
        Completions = Dialect.Completions,
        Embeddings = Dialect.Embeddings,
        Native = new Dictionary<NativeApi, NativeOperation>(Dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIEmbeddings, NativeApi.OpenAIResponses))
        {
            [NativeApi.AnthropicMessages] = new(_ => "/anthropic/v1/messages"),
            [NativeApi.GeminiGenerateContent] = new(GeminiPath) { ModelInBody = false },
        },
    };

    private static string GeminiPath(ProviderCall call) =>
        $"/gemini/v1beta/models/{Uri.EscapeDataString(call.Model)}:{(call.Stream ? "streamGenerateContent?alt=sse" : "generateContent")}";

    private static string Base(string host) => host.Contains("/serving-endpoints", StringComparison.OrdinalIgnoreCase) ? host : host + "/serving-endpoints";
}

namespace FunctionsGateway.Providers;

/// <summary>What is different at Azure OpenAI (spec/providers-openai-family.md §3):
/// the address names the deployment and the API version, the key has a header of its own.</summary>
public static class AzureOpenAI
{
    /// <summary>The hosts of Azure OpenAI resources.</summary>
    internal static readonly string[] Hosts = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];

    /// <summary>The provider <c>azure</c>: <c>openai</c> with the API type preset.</summary>
    public static Provider Azure { get; } = OpenAI.Create("azure", "azure") with
    {
        AuthModes = [new("api_key", "API Key", "Use an Azure OpenAI API key") { Secrets = [new("api_key")], Config = [new("api_base"), new("api_version")] }],
    };

    /// <summary>The provider <c>azuread</c>: <c>openai</c> with the API type preset.</summary>
    public static Provider AzureAD { get; } = OpenAI.Create("azuread", "azuread");

    internal static string DeploymentOf(ProviderCall call) => call.Text(OpenAI.Deployment) ?? call.Model;

    // The v1 surface has no API version in its address and takes the deployment in the body, as OpenAI takes the model.
    internal static string? Model(ProviderCall call) => IsVersionless(call) ? DeploymentOf(call) : null;

    internal static string Path(ProviderCall call, string path) => IsVersionless(call)
        ? path
        : $"/openai/deployments/{Uri.EscapeDataString(DeploymentOf(call))}{path}?api-version={Uri.EscapeDataString(call.Text(OpenAI.Version) ?? "")}";

    // Responses exist only without a deployment segment.
    internal static string ResponsesPath(ProviderCall call, string path) => IsVersionless(call) ? path : "/openai/v1" + path;

    // Older versions answer 400 'Unrecognized request argument supplied: stream_options'. Versions are dates, or words such as 'preview' for the newest.
    internal static bool TakesIncludeUsage(ProviderCall call) => IsVersionless(call)
        || string.CompareOrdinal(call.Text(OpenAI.Version) ?? "", "2024-08-01") >= 0;

    internal static Credential Credential(ProviderCall call, bool isEntra) => !isEntra
        ? new Credential.Header("api-key", OpenAI.Key)
        : call.Config[OpenAI.Key] is null
            ? new Credential.EntraToken("https://cognitiveservices.azure.com/.default", Hosts)
            : new Credential.Bearer(OpenAI.Key);

    internal static bool IsVersionless(ProviderCall call) => IsVersionless(call.Text(OpenAI.Base));

    internal static bool IsVersionless(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && uri.AbsolutePath.TrimEnd('/').EndsWith("/openai/v1", StringComparison.OrdinalIgnoreCase)
        && Hosts.Any(host => uri.Host.EndsWith(host, StringComparison.OrdinalIgnoreCase));
}

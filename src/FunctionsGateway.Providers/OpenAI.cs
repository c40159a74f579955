using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>OpenAI, and Azure OpenAI where <c>openai_api_type</c> says so (spec/providers-openai-family.md §2, §3).</summary>
public static class OpenAI
{
    internal const string Key = "openai_api_key", Base = "openai_api_base", Type = "openai_api_type", Version = "openai_api_version",
        Deployment = "openai_deployment_name", Organization = "openai_organization", Project = "openai_project", CompletionsApi = "openai_completions_api";

    private const string DefaultBase = "https://api.openai.com/v1";

    // The only models that the legacy API serves; the second spelling is Azure's (spec/providers-openai-family.md §2).
    private static readonly string[] InstructModels = ["gpt-3.5-turbo-instruct", "gpt-35-turbo-instruct", "davinci-002", "babbage-002"];

    /// <summary>The provider <c>openai</c>.</summary>
    public static Provider Provider { get; } = Create("openai", null);

    /// <summary>The provider under <paramref name="name"/>, where <paramref name="type"/> (if any) stands for <c>openai_api_type</c>.</summary>
    internal static Provider Create(string name, string? type)
    {
        bool IsAzure(JsonObject config) => ApiType(config, type) is "azure" or "azuread";
        var dialect = new OpenAIDialect
        {
            Model = call => IsAzure(call.Config) ? AzureOpenAI.Model(call) : call.Model,
            Path = (call, path) => IsAzure(call.Config) ? AzureOpenAI.Path(call, path)
                : call.Text(Version) is { } version ? $"{path}?api-version={Uri.EscapeDataString(version)}" : path,
            // Its own answers hold them, and its documented way with tools is to send the message back as it came.
            TakesBack = static _ => ["annotations"],
            TakesIncludeUsage = call => !IsAzure(call.Config) || AzureOpenAI.TakesIncludeUsage(call),
            CompletesByChat = call => call.Text(CompletionsApi) is { } api
                ? api.Equals("chat", StringComparison.OrdinalIgnoreCase)
                : !InstructModels.Any(model => call.Model.StartsWith(model, StringComparison.OrdinalIgnoreCase)),
        };
        var native = dialect.Native(NativeApi.OpenAIChat, NativeApi.OpenAIEmbeddings);
        NativeOperation Responses(string path) => new(call => IsAzure(call.Config) ? AzureOpenAI.ResponsesPath(call, path) : dialect.Path(call, path))
        {
            Model = call => IsAzure(call.Config) ? AzureOpenAI.DeploymentOf(call) : call.Model,
        };
        native[NativeApi.OpenAIResponses] = Responses("/responses");
        native[NativeApi.OpenAICompact] = Responses("/responses/compact");
        return new()
        {
            Name = name,
            DisplayName = "OpenAI",
            Config = new(Fields(type), config => Fault(config, type)),
            BaseAddress = call => (call.Text(Base) ?? DefaultBase).TrimEnd('/'),
            Credential = call => IsAzure(call.Config) ? AzureOpenAI.Credential(call, ApiType(call.Config, type) is "azuread")
                : AzureOpenAI.IsVersionless(call) ? new Credential.Header("api-key", Key)
                : new Credential.Bearer(Key),
            Headers = call => IsAzure(call.Config) ? new Dictionary<string, string>() : Headers(call),
            OwnHosts = ["api.openai.com", ".api.openai.com", .. AzureOpenAI.Hosts],
            Chat = dialect.Chat,
            Completions = dialect.Completions,
            Embeddings = dialect.Embeddings,
            Native = native,
        };
    }

    private static string ApiType(JsonObject config, string? type) => type ?? config.Text(Type)?.ToLowerInvariant() ?? "openai";

    private static Dictionary<string, string> Headers(ProviderCall call)
    {
        var headers = new Dictionary<string, string>();
        if (call.Text(Organization) is { } organization)
        {
            headers["OpenAI-Organization"] = organization;
        }

        if (call.Text(Project) is { } project)
        {
            headers["OpenAI-Project"] = project;
        }

        return headers;
    }

    private static List<ConfigField> Fields(string? type) =>
    [
        Field.Key(Key, "The API key; for 'azuread' a ready Entra token, or absent to use the gateway's own identity.") with
        {
            IsRequired = false,
            IsRequiredFor = config => ApiType(config, type) is not "azuread",
        },
        new(Type, "Who serves the API: 'openai', 'azure' (key) or 'azuread' (Entra token).") { Default = type ?? "openai", Aliases = ["api_type"] },
        new(Base, "The base address: with its version segment for OpenAI, the resource's origin for Azure.")
        {
            IsBaseAddress = true,
            Default = type is null ? DefaultBase : null,
            IsRequired = type is not null,
            Aliases = ["api_base"],
        },
        new(Version, "The API version, e.g. 2024-10-21; needed for Azure.") { Aliases = ["api_version"] },
        new(Deployment, type is null ? "The Azure deployment." : "The Azure deployment; the model's name when absent.") { Aliases = ["deployment_name"] },
        new(Organization, "The OpenAI organization to which calls are charged.") { Aliases = ["organization"] },
        new(Project, "The OpenAI project to which calls are charged."),
        new(CompletionsApi, "Which API serves completions; without it 'completions' for the three instruct models, else 'chat'.") { Values = ["chat", "completions"] },
    ];

    // mlflow/gateway/config.py OpenAIConfig; the texts are matched by clients.
    private static string? Fault(JsonObject config, string? type)
    {
        switch (ApiType(config, type))
        {
            case "openai" when config[Deployment] is not null:
                return $"OpenAI route configuration can only specify a value for '{Deployment}' if '{Type}' is 'azure' or 'azuread'. Found type: 'openai'";
            case "azure" or "azuread" when config[Organization] is not null:
                return $"OpenAI route configuration can only specify a value for '{Organization}' if '{Type}' is 'openai'";
            case "azure" or "azuread" when type is null && (config[Base] is null || config[Deployment] is null || config[Version] is null):
                return $"OpenAI route configuration must specify '{Base}', '{Deployment}', and '{Version}' if '{Type}' is 'azure' or 'azuread'.";
            case "azure" or "azuread" when config[Version] is null && !AzureOpenAI.IsVersionless(config.Text(Base)):
                return $"'{Version}' is required unless '{Base}' ends in '/openai/v1'.";
            case "openai" or "azure" or "azuread":
                return null;
            default:
                return $"Invalid OpenAI API type '{config.Text(Type)}'";
        }
    }
}

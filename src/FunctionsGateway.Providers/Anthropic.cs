using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Anthropic (spec/providers-own-shape.md §1): chat on Messages; completions on the legacy API for the models of its time, else on Messages.</summary>
public static class Anthropic
{
    private const string Key = "anthropic_api_key", Base = "anthropic_api_base", Version = "anthropic_version",
        DefaultBase = "https://api.anthropic.com/v1", DefaultVersion = "2023-06-01";

    // From this version on the API answers 400 to any sampling parameter (spec/providers-own-shape.md §1, "API versions").
    private const string VersionWithoutSampling = "2026-10-21";

    private static readonly string[] CompleteModels = ["claude-1", "claude-2", "claude-instant"];

    /// <summary>The provider <c>anthropic</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "anthropic",
        DisplayName = "Anthropic",
        Config = new([
            Field.Key(Key, "The Anthropic API key."),
            new(Version, "The API version, sent as the header 'anthropic-version'.") { Default = DefaultVersion, Aliases = ["version"] },
            Field.BaseAddress(Base, DefaultBase),
        ]),
        BaseAddress = call => WithVersion((call.Text(Base) ?? DefaultBase).TrimEnd('/')),
        Credential = _ => new Credential.Header("x-api-key", Key),
        Headers = call => new Dictionary<string, string> { ["anthropic-version"] = VersionOf(call) },
        OwnHosts = ["api.anthropic.com"],
        Chat = new()
        {
            Path = _ => "/messages",
            Request = (request, call) => Messages(ChatShape.Request(request), call),
            Response = MessagesShape.Answer,
            Stream = (events, call) => MessagesStream.Read(events, call),
        },
        Completions = new()
        {
            Path = call => IsLegacy(call) ? "/complete" : "/messages",
            Request = (request, call) => IsLegacy(call)
                ? CompleteShape.Request(CompletionShape.Request(request), call)
                : Messages(CompletionShape.AsChat(request.DropNulls()), call),
            Response = (answer, call) => IsLegacy(call)
                ? CompleteShape.Answer(answer, call)
                : CompletionShape.Answer(MessagesShape.Answer(answer, call), call),
            Stream = (events, call) => CompletionShape.Stream(MessagesStream.Read(events, call), call),
        },
        Native = new Dictionary<NativeApi, NativeOperation>
        {
            [NativeApi.AnthropicMessages] = new(_ => "/messages"),
            [NativeApi.AnthropicCountTokens] = new(_ => "/messages/count_tokens"),
        },
    };

    private static JsonObject Messages(JsonObject request, ProviderCall call)
    {
        request = MessagesShape.Request(request, call.Model);
        request["model"] = call.Model;
        if (string.CompareOrdinal(VersionOf(call), VersionWithoutSampling) >= 0)
        {
            request.Drop("temperature", "top_p", "top_k");
        }

        return request;
    }

    private static bool IsLegacy(ProviderCall call) =>
        CompleteModels.Any(model => call.Model.StartsWith(model, StringComparison.OrdinalIgnoreCase));

    private static string VersionOf(ProviderCall call) => call.Text(Version) ?? DefaultVersion;

    // The official SDKs are given the origin alone, MLflow the address with the version (spec/decisions.md D12).
    private static string WithVersion(string address) => address.EndsWith("/v1", StringComparison.OrdinalIgnoreCase) ? address : address + "/v1";
}

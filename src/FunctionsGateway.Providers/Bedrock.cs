using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Amazon Bedrock (spec/providers-own-shape.md §7): chat by Converse; completions by InvokeModel in the bodies of the model families of MLflow's time,
/// else by Converse; embeddings by InvokeModel.</summary>
public static class Bedrock
{
    private const string Aws = "aws_config", Region = "aws_region", Bearer = "aws_bearer_token", Base = "bedrock_api_base",
        Api = "bedrock_completions_api", ModelFamily = "model_family", DefaultRegion = "us-east-1", SessionName = "ai-gateway-bedrock";

    private static readonly AwsFields Keys = new($"{Aws}.aws_access_key_id", $"{Aws}.aws_secret_access_key")
    {
        SessionToken = $"{Aws}.aws_session_token",
        Role = $"{Aws}.aws_role_arn",
        WebIdentityAudience = $"{Aws}.aws_web_identity_audience",
        SessionName = $"{Aws}.aws_session_name",
        SessionSeconds = $"{Aws}.session_length_seconds",
        DefaultSessionName = SessionName,
    };

    private static readonly string[] Regions =
    [
        "af-south-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2",
        "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1",
        "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
        "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
    ];

    // Models that Converse does not know, or that MLflow asks in their own bodies.
    private static readonly string[] InvokedModels =
        ["amazon.titan-t", "anthropic.claude-v", "anthropic.claude-instant", "cohere.command-text", "cohere.command-light", "ai21.j2"];

    /// <summary>The provider <c>bedrock</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "bedrock",
        DisplayName = "Amazon Bedrock",
        Aliases = ["amazon-bedrock", "bedrock-converse"],
        AuthModes =
        [
            new("api_key", "API Key", "Use an Amazon Bedrock API key") { Secrets = [new("api_key")], Config = [new("aws_region_name")] },
            new("access_keys", "Access Keys", "Use AWS access keys")
            {
                Secrets = [new("aws_access_key_id"), new("aws_secret_access_key")],
                Config = [new("aws_region_name", IsRequired: false)],
            },
            new("iam_role", "IAM Role", "Assume an IAM role") { Config = [new("aws_role_name"), new("aws_region_name", IsRequired: false)] },
            new("default_chain", "Default Credential Chain", "Use the server's own AWS credentials")
            {
                Config = [new("aws_role_name", IsRequired: false), new("aws_session_name", IsRequired: false), new("aws_region_name", IsRequired: false)],
            },
        ],
        Config = new(
            [
                new(Aws, "The credentials: a role, keys, a bearer token, or only a region to use those of the machine (the app setting AWS_BEARER_TOKEN_BEDROCK, else AWS' default chain).") { Members = Members },
                new(ModelFamily, "Whose body completions and embeddings are written in, where the model's name (an ARN) does not say it.") { Values = InvokeShape.Families },
                new(Api, "Which API serves completions; without it 'invoke' for Titan text, Claude 1 and 2, Cohere Command and Jurassic, else 'converse'.")
                {
                    Values = ["invoke", "converse"],
                },
                Field.BaseAddress(Base, null) with { IsRequired = false, Meaning = "The base address, where it is not the region's own (a VPC endpoint)." },
            ],
            Fault),
        BaseAddress = call => (call.Text(Base) ?? $"https://bedrock-runtime.{RegionOf(call)}.amazonaws.com").TrimEnd('/'),
        Credential = call => call.Text($"{Aws}.{Bearer}") is not null ? new Credential.Bearer($"{Aws}.{Bearer}") : new Credential.AwsSignature("bedrock", RegionOf(call), Keys) { MachineToken = "AWS_BEARER_TOKEN_BEDROCK" },
        // Not the domain as a whole: under it anybody may have a host.
        OwnHosts = [.. Regions.Select(region => $"bedrock-runtime.{region}.amazonaws.com")],
        ErrorTypeHeader = "x-amzn-errortype",
        Error = ConverseShape.Error,
        Chat = new()
        {
            Path = Converse,
            Request = (request, call) => ConverseShape.Request(ChatShape.Request(request), call),
            AnswerHeaders = BedrockHeaders.Names,
            Response = ConverseShape.Answer,
            Stream = (events, call) => ConverseStream.Read(events, call),
            Framing = static _ => Framing.AwsEventStream,
        },
        Completions = new()
        {
            Path = call => IsInvoked(call) ? Model(call, call.Stream ? "invoke-with-response-stream" : "invoke") : Converse(call),
            Request = (request, call) => IsInvoked(call)
                ? InvokeShape.Of(Family(call)).Request(CompletionShape.Request(request), call)
                : ConverseShape.Request(CompletionShape.AsChat(request.DropNulls()), call),
            AnswerHeaders = BedrockHeaders.Names,
            Response = (answer, call) => IsInvoked(call)
                ? InvokeShape.Of(Family(call)).Answer(answer, call)
                : CompletionShape.Answer(ConverseShape.Answer(answer, call), call),
            Stream = (events, call) => IsInvoked(call)
                ? InvokeShape.Of(Family(call)).Stream(events, call)
                : CompletionShape.Stream(ConverseStream.Read(events, call), call),
            Framing = static _ => Framing.AwsEventStream,
        },
        Embeddings = new()
        {
            Path = call => Model(call, "invoke"),
            MostInputs = call => IsCohere(call) ? 96 : 1,
            AnswerHeaders = BedrockHeaders.Names,
            Request = (request, call) => IsCohere(call) ? EmbedShape.Bedrock(request) : TitanEmbed(request),
            Response = (answer, call) => IsCohere(call) ? EmbedShape.Answer(answer, call) : TitanVector(answer, call),
        },
    };

    private static ConfigField[] Members =>
    [
        new("aws_role_arn", "The role to assume with the machine's credentials.") { Aliases = ["aws_role_name"] },
        new("aws_web_identity_audience", "The Azure application (api://…) for which the gateway's own Entra token is made that the role is assumed with; then no AWS key is needed."),
        new("aws_session_name", "What the assumed role's session is called in AWS' logs.") { Default = SessionName },
        new("session_length_seconds", "How long an assumed role lasts.") { Default = "900", IsNumber = true },
        new("aws_access_key_id", "The access key's id."),
        new("aws_secret_access_key", "The access key.") { IsSecret = true },
        new("aws_session_token", "The session token, for temporary access keys.") { IsSecret = true },
        new(Bearer, "A Bedrock API key; it is good in its own region only.") { IsSecret = true, Aliases = ["api_key"] },
        new(Region, "The region; without it that of the model's ARN.") { Default = DefaultRegion, IsHostLabel = true, Settings = ["AWS_REGION", "AWS_DEFAULT_REGION"], Aliases = ["aws_region_name"] },
    ];

    private static string? Fault(JsonObject config)
    {
        var aws = config.Object(Aws) ?? [];
        if (aws["aws_access_key_id"] is null != aws["aws_secret_access_key"] is null)
        {
            return "'aws_access_key_id' and 'aws_secret_access_key' go together.";
        }

        if (aws["aws_web_identity_audience"] is not null && aws["aws_role_arn"] is null)
        {
            return "'aws_web_identity_audience' needs 'aws_role_arn', the role to assume.";
        }

        return ProviderCall.Number(aws["session_length_seconds"]) is < 900 or > 43200 ? "'session_length_seconds' must be between 900 and 43200." : null;
    }

    // An address of AWS' own says its region itself, and so does a model that is named by its ARN: elsewhere neither could be served.
    private static string RegionOf(ProviderCall call) => ConfigSchema.HostLabel(
        Addressed(call.Text(Base)) ?? call.Text($"{Aws}.{Region}") ?? Named(call.Model) ?? DefaultRegion);

    private static string? Addressed(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase)
        ? Regions.FirstOrDefault(region => uri.Host.Split('.').Contains(region, StringComparer.OrdinalIgnoreCase))
        : null;

    private static string? Named(string model) => model.Split(':') is ["arn", _, "bedrock", { Length: > 0 } region, ..] ? region : null;

    private static string Converse(ProviderCall call) => Model(call, call.Stream ? "converse-stream" : "converse");

    // The whole identifier is one segment, an ARN's slashes included.
    private static string Model(ProviderCall call, string action) => $"/model/{Uri.EscapeDataString(call.Model)}/{action}";

    private static bool IsInvoked(ProviderCall call) => call.Text(Api) is { } api
        ? api.Equals("invoke", StringComparison.OrdinalIgnoreCase)
        : InvokedModels.Any(model => call.Model.Contains(model, StringComparison.OrdinalIgnoreCase));

    // Every other model is asked in Titan's body, as MLflow does.
    private static bool IsCohere(ProviderCall call) =>
        (call.Text(ModelFamily) ?? call.Model).Contains("cohere", StringComparison.OrdinalIgnoreCase);

    // MLflow's rule: whichever of them the name contains, so that the profiles of regions (us.anthropic.…) count too.
    private static string Family(ProviderCall call)
    {
        if (call.Text(ModelFamily) is { } family)
        {
            return family.ToLowerInvariant();
        }

        if (!call.Model.Contains('.', StringComparison.Ordinal))
        {
            throw new TranslationException("Unknown Amazon Bedrock model type None");
        }

        return InvokeShape.Families.FirstOrDefault(name => call.Model.Contains(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new TranslationException($"Don't know how to handle {call.Model.Split('.')[0]} for Amazon Bedrock");
    }

    private static JsonObject TitanEmbed(JsonObject request)
    {
        var texts = EmbeddingShape.TakeTexts(request.DropNulls());
        if (texts.Count > 1)
        {
            throw new TranslationException("Titan embeds one text a call.");
        }

        request.Drop("encoding_format", "user", "model");
        request["inputText"] = texts[0];
        return request;
    }

    private static JsonObject TitanVector(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        // Who asked for other numbers than floats (embeddingTypes) may have no 'embedding'.
        var vector = answer["embedding"] ?? answer.Object("embeddingsByType")?.FirstOrDefault().Value;
        var unified = EmbeddingShape.NewAnswer(call, [EmbeddingShape.Vector(vector)], answer.Whole("inputTextTokenCount") ?? BedrockHeaders.Prompt(call));
        Head.KeepRest(answer, (JsonObject)unified["data"]![0]!, "inputTextTokenCount");
        return unified;
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>Google Vertex AI (spec/providers-own-shape.md §6): Gemini's models in Gemini's shape, Claude's in Anthropic's, all others (MaaS) in OpenAI's;
/// the model's name says which.</summary>
public static class VertexAI
{
    private const string Project = "vertex_project", Location = "vertex_location", Key = "vertex_credentials", Base = "vertex_ai_api_base", OldBase = "vertex_api_base",
        Betas = "vertex_anthropic_betas",
        AnthropicVersion = "vertex-2023-10-16", Scope = "https://www.googleapis.com/auth/cloud-platform";

    private static readonly string[] PartnerModels = ["mistral", "codestral", "jamba"];

    private static readonly OpenAIDialect Dialect = new() { Path = static (_, path) => "/endpoints/openapi" + path };

    private enum Family
    {
        Gemini,
        Claude,
        Partner,
    }

    /// <summary>The provider <c>vertex_ai</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "vertex_ai",
        DisplayName = "Vertex AI",
        AuthModes =
        [
            new("service_account_json", "Service Account JSON", "Use a service account's key")
            {
                Secrets = [new("vertex_credentials")],
                Config = [new("vertex_project"), new("vertex_location", IsRequired: false, "us-central1")],
            },
            new("default_chain", "Default Credential Chain", "Use the server's own Google credentials")
            {
                Config = [new("vertex_project"), new("vertex_location", IsRequired: false, "us-central1")],
            },
        ],
        Config = new([
            new(Project, "The Google Cloud project.") { IsRequired = true },
            new(Location, "The region, or 'global', 'us', 'eu'; 'global' when absent, 'us-central1' for models of partners.") { IsHostLabel = true },
            new(Key, "The service account's key, or an external account (workload identity federation), as JSON; when absent, the credentials of the machine.") { IsSecret = true, Aliases = ["api_key"] },
            new(Betas, "The values of the client's header 'anthropic-beta' that go on to Claude: a list, or a text with commas; all when absent, none when empty. Vertex AI refuses a call with one that it does not know.") { IsList = true },
            Field.BaseAddress(Base, null) with { IsRequired = false, Meaning = "The base address, where it is not Google's own for the region.", Aliases = [OldBase, "api_base"] },
        ]),
        BaseAddress = Address,
        Credential = _ => new Credential.GoogleToken(Scope, Key),
        // Not Google's whole domain: other hosts of it serve what their customers put there.
        OwnHosts = ["aiplatform.googleapis.com", "-aiplatform.googleapis.com", "aiplatform.us.rep.googleapis.com", "aiplatform.eu.rep.googleapis.com"],
        Chat = new()
        {
            Path = call => Of(call) is Family.Partner ? Dialect.Chat.Path(call) : Publisher(call),
            Request = Request,
            Response = Answer,
            Stream = (events, call) => Of(call) switch
            {
                Family.Gemini => GeminiStream.Read(events, call),
                Family.Claude => MessagesStream.Read(events, call),
                _ => Dialect.Chat.Stream!(events, call),
            },
        },
        Completions = Gemini.Completions with
        {
            Path = Publisher,
            Request = (request, call) => Of(call) is Family.Gemini
                ? GeminiShape.Completion(request.DropNulls(), call, namesCalls: false)
                : throw new TranslationException($"The completions endpoint is not supported for {call.Model} on Vertex AI. Use the chat endpoint instead.", 501),
        },
        Embeddings = new()
        {
            Path = call => Publisher(call, EmbedsContent(call) ? "embedContent" : "predict"),
            MostInputs = call => EmbedsContent(call) || IsSingle(call) ? 1 : 250,
            Request = (request, call) => EmbedsContent(call) ? Gemini.Embed(request, call) : Predict(request),
            Response = (answer, call) => EmbedsContent(call) ? Gemini.Embeddings.Response(answer, call) : Predictions(answer, call),
        },
        Native = new Dictionary<NativeApi, NativeOperation>
        {
            [NativeApi.GeminiGenerateContent] = new(Publisher) { ModelInBody = false, IsOffered = call => Of(call) is Family.Gemini },
            [NativeApi.GeminiCountTokens] = new(call => Publisher(call, "countTokens")) { ModelInBody = false, IsOffered = call => Of(call) is Family.Gemini },
            [NativeApi.AnthropicMessages] = new(Publisher)
            {
                ModelInBody = false,
                IsOffered = call => Of(call) is Family.Claude,
                Members = new Dictionary<string, string> { ["anthropic_version"] = AnthropicVersion },
                Header = Header,
            },
            // The model is named in the body alone (sdk @anthropic-ai/vertex-sdk, "count_tokens").
            [NativeApi.AnthropicCountTokens] = new(_ => "/publishers/anthropic/models/count-tokens:rawPredict")
            {
                IsOffered = call => Of(call) is Family.Claude,
                Members = new Dictionary<string, string> { ["anthropic_version"] = AnthropicVersion },
                Header = Header,
            },
            [NativeApi.OpenAIChat] = new(Dialect.Chat.Path) { TakesIncludeUsage = _ => true, NotForwarded = Dialect.NotForwarded, IsOffered = call => Of(call) is Family.Partner },
        },
    };

    private static Family Of(ProviderCall call)
    {
        var model = call.Model.ToLowerInvariant();
        return model.StartsWith("claude", StringComparison.Ordinal) ? Family.Claude
            : model.Contains('/', StringComparison.Ordinal) || model.EndsWith("-maas", StringComparison.Ordinal)
                || PartnerModels.Any(name => model.StartsWith(name, StringComparison.Ordinal)) ? Family.Partner
            : Family.Gemini;
    }

    private static string Address(ProviderCall call)
    {
        var location = ConfigSchema.HostLabel(call.Text(Location) ?? (Of(call) is Family.Partner ? "us-central1" : "global"));
        var origin = (call.Text(Base) ?? call.Text(OldBase) ?? location switch
        {
            "global" => "https://aiplatform.googleapis.com",
            "us" or "eu" => $"https://aiplatform.{location}.rep.googleapis.com",
            _ => $"https://{location}-aiplatform.googleapis.com",
        }).TrimEnd('/');
        var version = origin.EndsWith("/v1", StringComparison.Ordinal) || origin.EndsWith("/v1beta1", StringComparison.Ordinal) ? "" : "/v1";
        return $"{origin}{version}/projects/{Uri.EscapeDataString(call.Text(Project) ?? "")}/locations/{location}";
    }

    private static string Publisher(ProviderCall call) => Publisher(call, Of(call) is Family.Claude
        ? call.Stream ? "streamRawPredict" : "rawPredict"
        : call.Stream ? "streamGenerateContent?alt=sse" : "generateContent");

    // Versions of Claude are written with an @, which stays as it is.
    private static string Publisher(ProviderCall call, string action) =>
        $"/publishers/{(Of(call) is Family.Claude ? "anthropic" : "google")}/models/{Uri.EscapeDataString(call.Model).Replace("%40", "@", StringComparison.Ordinal)}:{action}";

    // The version is a member of the body here; Vertex AI refuses a call with a beta that it does not know.
    private static string? Header(ProviderCall call, string name, string value)
    {
        if (name is not "anthropic-beta" || call.Config[Betas] is not { } betas)
        {
            return name is "anthropic-version" ? null : value;
        }

        var allowed = betas is JsonArray list ? list.Select(beta => beta.Text() ?? "") : (betas.Text() ?? "").Split(',');
        var kept = Split(value).Intersect(allowed.Select(beta => beta.Trim()), StringComparer.Ordinal).ToArray();
        return kept.Length > 0 ? string.Join(", ", kept) : null;

        static IEnumerable<string> Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private static JsonObject Request(JsonObject request, ProviderCall call)
    {
        switch (Of(call))
        {
            case Family.Gemini:
                return GeminiShape.Request(ChatShape.Request(request), call, namesCalls: false);
            case Family.Claude:
                request = MessagesShape.Request(ChatShape.Request(request), call.Model);
                request.Remove("model");
                request["anthropic_version"] = AnthropicVersion;
                return request;
            default:
                return Dialect.Chat.Request(request, call);
        }
    }

    private static JsonObject Answer(JsonObject answer, ProviderCall call) => Of(call) switch
    {
        Family.Gemini => GeminiShape.Answer(answer, call),
        Family.Claude => MessagesShape.Answer(answer, call),
        _ => Dialect.Chat.Response(answer, call),
    };

    // Embedding models of today's Gemini are served as content, the older ones by prediction.
    private static bool EmbedsContent(ProviderCall call) => call.Model.Contains("gemini", StringComparison.OrdinalIgnoreCase) && !IsSingle(call);

    private static bool IsSingle(ProviderCall call) => call.Model is "gemini-embedding-001";

    private static JsonObject Predict(JsonObject request)
    {
        var texts = EmbeddingShape.TakeTexts(request.DropNulls());
        request.Drop("encoding_format", "user", "model");
        var parameters = new JsonObject();
        request.Rename("dimensions", "outputDimensionality");
        foreach (var name in new[] { "outputDimensionality", "autoTruncate" })
        {
            if (request.Take(name) is { } value)
            {
                parameters[name] = value;
            }
        }

        var (task, title) = (request.Text("task_type") ?? request.Text("taskType"), request.Text("title"));
        request.Drop("task_type", "taskType", "title");
        request["instances"] = new JsonArray([.. texts.Select(text => new JsonObject { ["content"] = text, ["task_type"] = task, ["title"] = title }.DropNulls())]);
        if (parameters.Count > 0)
        {
            request["parameters"] = parameters;
        }

        return request;
    }

    private static JsonObject Predictions(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var predictions = answer.Array("predictions") ?? throw new MalformedAnswerException("The provider's answer has no 'predictions'.");
        var embeddings = Head.Objects(predictions).Select(prediction => prediction.Object("embeddings") ?? []).ToList();
        long? tokens = embeddings.Select(one => one.Object("statistics")?.Whole("token_count")).Aggregate((long?)0, (sum, count) => sum + count);
        var unified = EmbeddingShape.NewAnswer(call, embeddings.Select(one => EmbeddingShape.Vector(one["values"])), tokens);
        foreach (var (embedding, item) in embeddings.Zip(unified.Array("data")!.OfType<JsonObject>()))
        {
            // Whether the text was cut short stands there.
            Head.KeepRest(embedding, item, "values");
        }

        Head.KeepRest(answer, unified, "predictions");
        return unified;
    }
}

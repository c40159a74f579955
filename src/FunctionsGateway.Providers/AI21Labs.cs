using System.Text.Json.Nodes;
using FunctionsGateway.Providers.Shapes;

namespace FunctionsGateway.Providers;

/// <summary>AI21 Labs (spec/providers-own-shape.md §3): Jurassic-2 in MLflow's shape (retired upstream, for emulators and recorded traffic),
/// Jamba by AI21's chat API, which is OpenAI's (docs.ai21.com, "Jamba chat completions").</summary>
public static class AI21Labs
{
    private const string Key = "ai21labs_api_key", Base = "ai21labs_api_base", Api = "ai21labs_api", DefaultBase = "https://api.ai21.com/studio/v1";

    private static readonly string[] JurassicModels = ["j2-ultra", "j2-mid", "j2-light"];

    // The last chunk tells the usage without being asked.
    private static readonly OpenAIDialect Dialect = new()
    {
        TakesIncludeUsage = static _ => false,
        RefusesStreamOptions = true,
        Request = static (request, _) =>
        {
            request.Rename("max_completion_tokens", "max_tokens");
            ChatShape.Stop(request, "stop");
        },
    };

    /// <summary>The provider <c>ai21labs</c>.</summary>
    public static Provider Provider { get; } = new()
    {
        Name = "ai21labs",
        DisplayName = "AI21Labs",
        Config = new([
            Field.Key(Key, "The AI21 API key."),
            new(Api, "Which API serves the model: 'j2' (Jurassic-2's complete) or 'chat' (Jamba's chat completions); without it 'j2' for the j2 models, else 'chat'.")
            {
                Values = ["j2", "chat"],
            },
            Field.BaseAddress(Base, DefaultBase),
        ]),
        BaseAddress = call => (call.Text(Base) ?? DefaultBase).TrimEnd('/'),
        Credential = _ => new Credential.Bearer(Key),
        OwnHosts = ["api.ai21.com"],
        ModelFault = (model, _) => model is not null && (JurassicModels.Contains(model) || model.StartsWith("jamba", StringComparison.OrdinalIgnoreCase))
            ? null
            : $"An Unsupported AI21Labs model has been specified: '{model}'. Please see documentation for supported models.",
        Chat = Dialect.Chat with
        {
            Request = (request, call) => IsJurassic(call)
                ? throw new TranslationException("The chat route is not implemented for AI21Labs models.", 501)
                : Dialect.Chat.Request(request, call),
        },
        Completions = Dialect.Completions with
        {
            Path = call => IsJurassic(call) ? $"/{Uri.EscapeDataString(call.Model)}/complete" : Dialect.Completions.Path(call),
            Request = (request, call) => IsJurassic(call) ? Jurassic(request, call) : Dialect.Completions.Request(request, call),
            Response = (answer, call) => IsJurassic(call) ? JurassicAnswer(answer, call) : Dialect.Completions.Response(answer, call),
        },
        Native = new Dictionary<NativeApi, NativeOperation>
        {
            [NativeApi.OpenAIChat] = new(Dialect.Chat.Path) { RefusesStreamOptions = true, NotForwarded = Dialect.NotForwarded, IsOffered = call => !IsJurassic(call) },
        },
    };

    private static bool IsJurassic(ProviderCall call) => call.Text(Api) is { } api
        ? api.Equals("j2", StringComparison.OrdinalIgnoreCase)
        : call.Model.StartsWith("j2-", StringComparison.OrdinalIgnoreCase);

    private static JsonObject Jurassic(JsonObject request, ProviderCall call)
    {
        if (call.Stream)
        {
            throw new TranslationException("Setting the 'stream' parameter to 'true' is not supported with the MLflow Gateway.");
        }

        CompletionShape.Request(request).Drop("stream", "stream_options", "model", "user");
        return JurassicShape.Request(request);
    }

    private static JsonObject JurassicAnswer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var (prompt, completion) = JurassicShape.Tokens(answer);
        var texts = JurassicShape.Texts(answer) ?? throw new MalformedAnswerException("The provider's answer has no 'completions'.");
        var choices = texts.Select(one =>
        {
            var choice = new JsonObject { ["text"] = one.Text ?? "", ["finish_reason"] = one.Reason };
            Head.KeepRest(one.Own!, choice);
            return (JsonNode)choice;
        });
        var unified = CompletionShape.Answer(new() { ["id"] = answer.Text("id"), ["choices"] = new JsonArray([.. choices]) }, call);
        unified["usage"] = Usage.Of(prompt, completion);
        // The prompt is but the request's.
        Head.KeepRest(answer, unified, "completions", "prompt");
        return unified;
    }
}

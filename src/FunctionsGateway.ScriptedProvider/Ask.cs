using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>What a request asks for, whichever dialect it speaks.</summary>
internal sealed class Ask
{
    private readonly ReceivedRequest _request;

    public Ask(ReceivedRequest request, string? scriptHeader)
    {
        _request = request;
        Body = request.Json;
        Model = (string?)Body["model"] ?? DeploymentIn(request.Path) ?? ModelIn(request.Path) ?? "echo";
        Script = Script.Parse(scriptHeader ?? Model);
    }

    public JsonObject Body { get; }

    /// <summary>The model of the body, else the deployment of an Azure path.</summary>
    public string Model { get; }

    public Script Script { get; set; }

    public bool Streams => Body["stream"] is JsonValue value && value.TryGetValue<bool>(out var streams) && streams;

    public bool WantsUsage => (bool?)Body["stream_options"]?["include_usage"] ?? false;

    /// <summary>How many answers are wanted.</summary>
    public int Count => (int?)Body["n"] ?? 1;

    /// <summary>The text of the answer: the last user's message.</summary>
    public string Text => Script.Text ?? (Script.Reflect ? Reflection() : Question);

    /// <summary>The text in the pieces in which it is streamed; joined they are <see cref="Text"/>.</summary>
    public IReadOnlyList<string> Pieces => Script.Chunks is { } chunks
        ? [.. Enumerable.Range(0, chunks).Select(i => $"{(i == 0 ? "" : " ")}{i + 1}")]
        : Text.Length == 0 ? [""] : [.. Text.Split(' ').Select((word, i) => i == 0 ? word : " " + word)];

    /// <summary>The unary text, which is what the pieces say.</summary>
    public string Whole => string.Concat(Pieces);

    /// <summary>The tool that is to be called, or null for an answer in words.</summary>
    public string? Tool =>
        Script.Tool || (Body["tools"] is JsonArray { Count: > 0 } && ToolChoice != "none" && !AnswersTool)
            ? (string?)(Body["tools"]?[0]?["function"]?["name"] ?? Body["tools"]?[0]?["name"] ?? Body["tools"]?[0]?["functionDeclarations"]?[0]?["name"]) ?? "look_up"
            : null;

    /// <summary>The arguments of that call, as JSON.</summary>
    public JsonObject ToolArguments => new() { ["question"] = Question };

    public int PromptTokens => Math.Max(1, Question.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);

    public int AnswerTokens => Tool is null ? Pieces.Count : 5;

    private string? ToolChoice => Body["tool_choice"] is JsonObject choice ? (string?)choice["type"] : (string?)Body["tool_choice"];

    private JsonNode? LastMessage => (Body["messages"] as JsonArray)?.LastOrDefault();

    private bool AnswersTool => (string?)LastMessage?["role"] == "tool"
        || (LastMessage?["content"] is JsonArray parts && parts.Any(p => (string?)p?["type"] == "tool_result"));

    private string Question => Words(
        (Body["messages"] as JsonArray)?.LastOrDefault(m => (string?)m?["role"] == "user")?["content"]
        ?? (Body["contents"] as JsonArray)?.LastOrDefault()?["parts"] ?? Body["prompt"] ?? Body["input"]);

    private static string Words(JsonNode? content) => content switch
    {
        JsonValue value => value.ToString(),
        JsonArray parts => string.Join(' ', parts.Select(p => p is JsonObject part ? Words(part["text"] ?? part["content"]) : Words(p)).Where(t => t.Length > 0)),
        _ => "",
    };

    // Gemini: …/models/{model}:{action}
    private static string? ModelIn(string path) =>
        path[(path.LastIndexOf('/') + 1)..].Split(':') is [var model, _] ? model : null;

    private static string? DeploymentIn(string path) =>
        path.Split('/') is var parts && Array.IndexOf(parts, "deployments") is >= 0 and var at && at + 1 < parts.Length ? parts[at + 1] : null;

    private string Reflection() => new JsonObject
    {
        ["path"] = _request.Path,
        ["headers"] = new JsonObject(_request.Headers.Select(h => KeyValuePair.Create(h.Key, (JsonNode?)h.Value))),
        ["body"] = Body.DeepClone(),
    }.ToJsonString();
}

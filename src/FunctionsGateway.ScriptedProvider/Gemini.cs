using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>Gemini's content; the path says whether it streams.</summary>
internal static class Gemini
{
    private static readonly string Failure = Dialect.Event(Error(503));

    public static Dialect Content { get; } = new(ask => Answer(ask, ask.Whole, "STOP"), null, Error, Failure);

    public static Dialect Stream { get; } = new(ask => Answer(ask, ask.Whole, "STOP"), Events, Error, Failure) { AlwaysStreams = true };

    public static Dialect CountTokens { get; } = new(ask => new JsonObject { ["totalTokens"] = ask.PromptTokens }, null, Error, Failure);

    public static Dialect Embedding { get; } = new(
        _ => new JsonObject { ["embedding"] = new JsonObject { ["values"] = new JsonArray(0.25, 0.5) } }, null, Error, Failure);

    public static Dialect Embeddings { get; } = new(
        _ => new JsonObject { ["embeddings"] = new JsonArray(new JsonObject { ["values"] = new JsonArray(0.25, 0.5) }) }, null, Error, Failure);

    private static JsonObject Error(int status) => new()
    {
        ["error"] = new JsonObject
        {
            ["code"] = status,
            ["message"] = $"The script says {status}.",
            ["status"] = status switch { 400 => "INVALID_ARGUMENT", 404 => "NOT_FOUND", 429 => "RESOURCE_EXHAUSTED", 503 => "UNAVAILABLE", _ => "INTERNAL" },
        },
    };

    private static IEnumerable<string> Events(Ask ask) =>
        ask.Pieces.Select((piece, i) => Dialect.Event(Answer(ask, piece, i == ask.Pieces.Count - 1 ? "STOP" : null)));

    private static JsonObject Answer(Ask ask, string text, string? finish)
    {
        var part = ask.Tool is { } tool
            ? new JsonObject { ["functionCall"] = new JsonObject { ["name"] = tool, ["args"] = ask.ToolArguments } }
            : new JsonObject { ["text"] = text };
        var candidate = new JsonObject { ["content"] = new JsonObject { ["parts"] = new JsonArray(part), ["role"] = "model" }, ["index"] = 0 };
        if (finish is not null)
        {
            candidate["finishReason"] = finish;
        }

        return new JsonObject
        {
            ["candidates"] = new JsonArray(candidate),
            ["usageMetadata"] = new JsonObject
            {
                ["promptTokenCount"] = ask.PromptTokens,
                ["candidatesTokenCount"] = ask.AnswerTokens,
                ["totalTokenCount"] = ask.PromptTokens + ask.AnswerTokens,
            },
            ["modelVersion"] = ask.Model,
        };
    }
}

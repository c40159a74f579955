using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>
/// An MLflow model server: texts in <c>inputs</c>, <c>instances</c> or <c>dataframe_split</c>, as many predictions out; vectors below a
/// base that ends in <c>/embeddings</c>.
/// </summary>
internal static class MlflowServing
{
    public static Dialect Invocations { get; } = new(Predict, null, Error, "");

    public static Dialect Embeddings { get; } = new(Embed, null, Error, "");

    private static JsonObject Error(int status) => new() { ["error_code"] = "BAD_REQUEST", ["message"] = $"The script says {status}." };

    private static JsonObject Predict(Ask ask) => Predictions(Rows(ask).Select(text => (JsonNode?)text));

    private static JsonObject Embed(Ask ask) =>
        Predictions(Rows(ask).Select(text => (JsonNode)new JsonArray([.. OpenAI.Vector(text, 8).Select(x => JsonValue.Create(x))])));

    private static JsonObject Predictions(IEnumerable<JsonNode?> rows) => new() { ["predictions"] = new JsonArray([.. rows]) };

    private static IEnumerable<string> Rows(Ask ask) =>
        (ask.Body["inputs"] ?? ask.Body["instances"] ?? ask.Body["dataframe_split"]?["data"]) switch
        {
            JsonArray list => list.Select(Text),
            JsonObject columns when columns.FirstOrDefault().Value is JsonArray list => list.Select(Text),
            _ => [ask.Whole],
        };

    private static string Text(JsonNode? row) => row switch
    {
        JsonArray cells => Text(cells.FirstOrDefault()),
        JsonObject cells => Text(cells.FirstOrDefault().Value),
        _ => row?.ToString() ?? "",
    };
}

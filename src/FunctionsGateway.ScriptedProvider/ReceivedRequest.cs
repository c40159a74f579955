using System.Text.Json.Nodes;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>A request as the provider received it.</summary>
/// <param name="Method">The verb.</param>
/// <param name="Path">The path.</param>
/// <param name="Query">The query with its question mark, or an empty text.</param>
/// <param name="Headers">The headers; several values of one are joined by a comma.</param>
/// <param name="Body">The body as text.</param>
public sealed record ReceivedRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The body as an object; empty when it is none.</summary>
    public JsonObject Json
    {
        get
        {
            try
            {
                return JsonNode.Parse(Body) as JsonObject ?? [];
            }
            catch (System.Text.Json.JsonException)
            {
                return [];
            }
        }
    }
}

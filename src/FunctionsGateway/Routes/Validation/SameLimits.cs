using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Routes.Validation;

/// <summary>A route that was read and is sent back: what it shows of its limits is only the first.</summary>
internal static class SameLimits
{
    /// <summary>The body without a <c>limit</c> that is what reading the route showed, so that the others stay too.</summary>
    public static JsonObject In(JsonObject body, GatewayRoute stored)
    {
        if (stored.Limits.Count > 1 && !body.ContainsKey("limits")
            && JsonNode.DeepEquals(body["limit"], JsonSerializer.SerializeToNode(stored.Limits[0], RouteJson.Wire.Limit)))
        {
            body.Remove("limit");
        }

        return body;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Routes.Validation;

/// <summary>MLflow's page tokens: Base64 of <c>{"index": N}</c>.</summary>
internal static class PageToken
{
    /// <summary>The token of the page that begins at <paramref name="index"/>.</summary>
    public static string Write(int index) => Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"index\": {index}}}")));

    /// <summary>Where the page begins.</summary>
    /// <exception cref="GatewayException">400 with MLflow's text.</exception>
    public static int Read(string? token) =>
        string.IsNullOrEmpty(token) ? 0
        : Index(token) is not { } index ? throw Invalid(token, "The index is not defined as a value that can be represented as a positive integer.")
        : index < 0 ? throw Invalid(token, "The index cannot be negative.")
        : (int)Math.Min(index, int.MaxValue);

    private static long? Index(string token)
    {
        try
        {
            return JsonNode.Parse(Convert.FromBase64String(token))?["index"] is JsonValue value
                && long.TryParse(value.ToString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var index)
                ? index
                : null;
        }
        catch (Exception fault) when (fault is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static GatewayException Invalid(string token, string why) => new(400, $"Invalid SearchRoutes token: {token}. {why}");
}

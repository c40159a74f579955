using System.Text.RegularExpressions;

namespace FunctionsGateway.Routes;

/// <summary>What a route may be called.</summary>
internal static partial class RouteNames
{
    /// <summary>The greatest length.</summary>
    public const int Longest = 256;

    private static readonly HashSet<string> Reserved =
        new(StringComparer.OrdinalIgnoreCase) { "routes", "limits", "proxy", "mlflow", "openai", "anthropic", "gemini" };

    /// <summary>What is wrong with the name, in MLflow's words where it has some; null when nothing is.</summary>
    public static string? Fault(string name) =>
        name.Length > Longest ? $"The route name is {name.Length} characters long; at most {Longest} are allowed."
        : Allowed().IsMatch(name) ? null
        : $"The route name provided contains disallowed characters for a url endpoint. '{name}' is invalid. "
            + "Names cannot contain spaces or any non alphanumeric characters other than hyphen and underscore.";

    /// <summary>Whether the gateway's own paths use the name.</summary>
    public static bool IsReserved(string name) => Reserved.Contains(name);

    [GeneratedRegex(@"^[\w\-.]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Allowed();
}

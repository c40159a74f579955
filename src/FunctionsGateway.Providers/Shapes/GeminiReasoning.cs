using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>How hard a Gemini is to think: OpenAI's <c>reasoning_effort</c> in the words of the model's generation
/// (ai.google.dev, "Gemini thinking", "OpenAI compatibility"; docs.cloud.google.com, "Thinking").</summary>
internal static partial class GeminiReasoning
{
    private static readonly Version FirstWithBudget = new(2, 5), FirstWithLevel = new(3, 0), LastWithMinimal = new(3, 6);

    /// <summary>The <c>thinkingConfig</c>; null for a model that does not think or is not known to, which would refuse one.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="effort">OpenAI's word.</param>
    public static JsonObject? Config(string model, string effort) => VersionOf(model) is not { } version || version < FirstWithBudget ? null
        : version < FirstWithLevel ? new() { ["thinkingBudget"] = Budget(model, effort) }
        : new() { ["thinkingLevel"] = Level(model, version, effort) };

    // The larger model cannot but think: it takes 128 at least.
    private static int Budget(string model, string effort) => effort switch
    {
        "none" => Is(model, "pro") ? 128 : 0,
        "minimal" or "low" => 1024,
        "medium" => 8192,
        _ => 24576,
    };

    // None of this generation can be told not to think. "Minimal" is known to the smaller models alone, and to the newest no more; "medium" is not known to the first of the larger.
    private static string Level(string model, Version version, string effort) => effort switch
    {
        "none" or "minimal" => !Is(model, "pro") && version <= LastWithMinimal ? "MINIMAL" : "LOW",
        "low" => "LOW",
        "medium" => Is(model, "pro") && version == FirstWithLevel ? "HIGH" : "MEDIUM",
        _ => "HIGH",
    };

    private static bool Is(string model, string kind) => model.Contains("-" + kind, StringComparison.OrdinalIgnoreCase);

    // 'gemini-flash-latest' and its like are whatever is newest.
    private static Version? VersionOf(string model) => Names().Match(model) is not { Success: true } match ? null
        : match.Groups["latest"].Success ? new(99, 0)
        : new(Number(match.Groups["major"]), match.Groups["minor"].Success ? Number(match.Groups["minor"]) : 0);

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"gemini-(?:(?<major>\d{1,2})(?:\.(?<minor>\d{1,2}))?(?!\d)|[a-z-]*(?<latest>latest))", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}

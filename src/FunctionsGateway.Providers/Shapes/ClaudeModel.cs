using System.Globalization;
using System.Text.RegularExpressions;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>What differs from one Claude to the next, told by the version in the model's name, wherever it is served
/// (<c>claude-3-7-sonnet-20250219</c>, <c>claude-sonnet-4-5@20250929</c>, <c>us.anthropic.claude-opus-4-6-v1</c>).</summary>
internal static partial class ClaudeModel
{
    /// <summary>The version, 4.5 for <c>claude-sonnet-4-5</c>; null for the first two generations, and for what is no Claude.</summary>
    public static Version? VersionOf(string model) => Names().Match(model) is { Success: true } match
        ? new(Number(match.Groups[1]), match.Groups[2].Success ? Number(match.Groups[2]) : 0)
        : null;

    /// <summary>Whether the model refuses any temperature, top-p or top-k but its own (platform.claude.com, "Migration guide": from Claude 4.7 on).</summary>
    public static bool RefusesSampling(string model) => VersionOf(model) >= new Version(4, 7);

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    // A date has more digits than a version.
    [GeneratedRegex(@"claude-(?:[a-z]+-)?(\d{1,2})(?!\d)(?:-(\d{1,2})(?!\d))?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}

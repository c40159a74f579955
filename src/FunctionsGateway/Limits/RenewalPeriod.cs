using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FunctionsGateway.Limits;

/// <summary>A <c>renewal_period</c>, parsed: <c>minute</c>, <c>5 minutes</c>, <c>minute;100/hour</c> (MLflow's grammar, spec/mlflow-gen12.md §3.6).</summary>
internal sealed partial class RenewalPeriod
{
    /// <summary>MLflow's sentence for a limit that does not parse; the missing spaces are its own.</summary>
    public const string Fault =
        "Failed to parse the rate limit configuration.Please make sure limit.calls is a positive number andlimit.renewal_period is a right granularity";

    private readonly IReadOnlyList<(long Amount, WindowPeriod Period)> _more;

    private RenewalPeriod(WindowPeriod first, IReadOnlyList<(long Amount, WindowPeriod Period)> more)
    {
        First = first;
        _more = more;
    }

    /// <summary>The window that the limit's own number is for.</summary>
    public WindowPeriod First { get; }

    /// <summary>Reads <paramref name="text"/>; false when it is not of the grammar, or a window would be longer than a hundred years.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RenewalPeriod? period)
    {
        period = null;
        if (text is null || Grammar().Match(text) is not { Success: true } match || !TryWindow(match.Groups["n"], match.Groups["unit"], out var first))
        {
            return false;
        }

        var more = new List<(long, WindowPeriod)>();
        foreach (Capture part in match.Groups["more"].Captures)
        {
            var term = Term().Match(part.Value);
            if (!long.TryParse(term.Groups["calls"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var calls)
                || !TryWindow(term.Groups["n"], term.Groups["unit"], out var window))
            {
                return false;
            }

            more.Add((calls, window));
        }

        period = new RenewalPeriod(first, more);
        return true;
    }

    /// <summary>Every window with its number, the first with <paramref name="amount"/>.</summary>
    public IEnumerable<(long Amount, WindowPeriod Period)> Terms(long amount) => _more.Prepend((amount, First));

    private static bool TryWindow(Group count, Group unit, out WindowPeriod period)
    {
        var units = Enum.Parse<WindowUnit>(unit.Value, ignoreCase: true);
        long n = 1;
        var isValid = (!count.Success || long.TryParse(count.Value, NumberStyles.None, CultureInfo.InvariantCulture, out n)) && WindowPeriod.IsValid(n, units);
        period = isValid ? new WindowPeriod((int)n, units) : default;
        return isValid;
    }

    [GeneratedRegex(
        """^\s*(?<n>[0-9]+)?\s*(?<unit>second|minute|hour|day|month|year)s?\s*(?:[,;|](?<more>\s*[0-9]+\s*(?:/|per)\s*[0-9]*\s*(?:second|minute|hour|day|month|year)s?\s*))*\z""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();

    [GeneratedRegex(
        """^\s*(?<calls>[0-9]+)\s*(?:/|per)\s*(?<n>[0-9]+)?\s*(?<unit>second|minute|hour|day|month|year)s?\s*\z""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Term();
}

using System.Globalization;

namespace FunctionsGateway.Routes.Validation;

/// <summary>What is allowed in <c>gateway_options</c> and yet will not do what it says.</summary>
internal static class OptionWarnings
{
    /// <summary>The header that tells it to whoever manages routes.</summary>
    public const string Header = "X-Gateway-Warnings";

    /// <summary>How long Azure's front end waits for an answer's first byte (spec/azure.md).</summary>
    private static readonly TimeSpan FrontEnd = TimeSpan.FromSeconds(230);

    /// <summary>A sentence; null when there is nothing to say.</summary>
    public static string? Of(RouteOptionSet options) => options.Deadlines?.Total is { } total && total > FrontEnd
        ? string.Create(CultureInfo.InvariantCulture, $"gateway_options.deadlines.total is {total:c}, but Azure's front end gives up on an answer that has not begun after {FrontEnd:c}: stream long answers, or set it lower.")
        : null;
}

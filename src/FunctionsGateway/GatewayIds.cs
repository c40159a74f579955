namespace FunctionsGateway;

/// <summary>Draws a number from [0, 1).</summary>
internal delegate double Dice();

/// <summary>The one place where identifiers and chance come from.</summary>
internal static class GatewayIds
{
    /// <summary>32 lower-case hexadecimal digits, never the same twice.</summary>
#pragma warning disable RS0030 // this is the place that the ban names
    public static string New() => Guid.NewGuid().ToString("N");

    /// <summary>The process' dice.</summary>
    public static double Roll() => Random.Shared.NextDouble();
#pragma warning restore RS0030
}

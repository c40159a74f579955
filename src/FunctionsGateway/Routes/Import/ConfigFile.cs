namespace FunctionsGateway.Routes.Import;

/// <summary>What a configuration file asks for, or why it cannot be had.</summary>
/// <param name="Entries">The endpoints, then the traffic routes, each in the order of the file; empty when there are faults.</param>
/// <param name="Faults">Every fault, by line.</param>
/// <param name="Warnings">What works but should be changed.</param>
internal sealed record ConfigFile(IReadOnlyList<ConfigEntry> Entries, IReadOnlyList<ConfigRemark> Faults, IReadOnlyList<string> Warnings)
{
    /// <summary>A file that cannot be used.</summary>
    public static ConfigFile Faulty(params IReadOnlyList<ConfigRemark> faults) => new([], faults, []);
}

/// <summary>One route of the file.</summary>
/// <param name="Route">What it asks for; its sequence is its place in the file, from 1.</param>
/// <param name="Line">Where it stands.</param>
internal sealed record ConfigEntry(GatewayRoute Route, long Line);

/// <summary>A sentence about a line of the file.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Message">The sentence.</param>
internal sealed record ConfigRemark(long Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"line {Line}: {Message}";
}

namespace FunctionsGateway.LocalHost;

/// <summary>Sees to it that the storage which the settings name is there.</summary>
internal static class StorageStart
{
    private const string Setting = "GatewayStorage";

    /// <summary>Starts, or joins, Azurite where the settings want development storage; where that cannot be, the gateway keeps its data in memory.</summary>
    /// <returns>What to dispose at the end, or null.</returns>
    public static async Task<IAsyncDisposable?> PrepareAsync(LocalSettings settings, Action<string> say, CancellationToken cancellationToken)
    {
        var wanted = Wanted(settings.Values);
        if (!IsDevelopmentStorage(wanted))
        {
            say(wanted == "memory" ? "Storage: memory; routes and counters are lost at exit." : "Storage: as the settings say.");
            return null;
        }

        try
        {
            var folder = Path.Combine(settings.Root, ".azurite");
            var azurite = await Azurite.StartAsync(new AzuriteOptions { DataFolder = folder }, cancellationToken);
            say($"Storage: Azurite on port {azurite.Port}{(azurite.ProcessId is { } id ? $" (process {id}), data in {folder}" : "")}.");
            return azurite;
        }
        catch (AzuriteUnavailableException e)
        {
            settings.Values[Setting] = "memory";
            say($"Storage: memory; routes and counters are lost at exit, because Azurite cannot be had: {e.Message}");
            return null;
        }
    }

    /// <summary>The connection string that the gateway will use, or null when an identity or nothing is configured.</summary>
    internal static string? Wanted(Dictionary<string, string?> values) =>
        values.GetValueOrDefault(Setting) is { Length: > 0 } own ? own
        : values.Keys.Any(k => k.StartsWith(Setting + "__", StringComparison.OrdinalIgnoreCase)) ? null
        : values.GetValueOrDefault("AzureWebJobsStorage");

    private static bool IsDevelopmentStorage(string? connection) =>
        connection?.Trim().TrimEnd(';').Equals("UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase) ?? false;
}

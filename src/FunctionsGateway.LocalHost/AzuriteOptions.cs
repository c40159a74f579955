namespace FunctionsGateway.LocalHost;

/// <summary>Which Azurite is wanted.</summary>
internal sealed record AzuriteOptions
{
    /// <summary>The port that <c>UseDevelopmentStorage=true</c> means.</summary>
    public const int DevelopmentPort = 10002;

    /// <summary>
    /// The port on 127.0.0.1. A number: one Azurite for everyone on this machine, which is joined where it answers and
    /// lives as long as someone uses it. 0: one of our own on a free port, which ends with us.
    /// </summary>
    public int Port { get; init; } = DevelopmentPort;

    /// <summary>Where tables are kept; <see langword="null"/> keeps them in memory.</summary>
    public string? DataFolder { get; init; }

    /// <summary>How long a start may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Azurite cannot be had; the message says why, in one sentence for the terminal.</summary>
internal sealed class AzuriteUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

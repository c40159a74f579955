namespace FunctionsGateway.LocalHost;

/// <summary>A start that cannot go on; the message is one sentence with the remedy.</summary>
/// <param name="message">The sentence.</param>
internal sealed class StartException(string message) : Exception(message);

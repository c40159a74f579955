using FunctionsGateway.Errors;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Secrets;

/// <summary>Turns a key that a caller sent into what a row may hold for it.</summary>
internal interface ISecretKeeper
{
    /// <summary>The reference to store.</summary>
    /// <param name="value">The key, or a reference already.</param>
    /// <param name="origin">Scheme and host where the key may be sent; null when that is the provider's own.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="GatewayException">400: it may not be kept; 503: it could not be.</exception>
    ValueTask<string> KeepAsync(string value, string? origin, CancellationToken cancellation);

    /// <summary>Forgets references that no row holds any more; what fails stays behind, unused.</summary>
    Task DropAsync(IReadOnlyCollection<string> references);
}

/// <summary>Keeps nothing: references pass, and literals where development allows them in rows.</summary>
internal sealed class RowSecretKeeper(IOptions<GatewayOptions> options) : ISecretKeeper
{
    private readonly SecretNames _names = new(options.Value.Secrets.Names);
    private readonly bool _allowInline = options.Value.Secrets.AllowInline;

    /// <inheritdoc/>
    public ValueTask<string> KeepAsync(string value, string? origin, CancellationToken cancellation) =>
        value.StartsWith('$') && !_names.Allow(value[1..])
            ? throw Refused("The app setting that the secret names may not serve as a key: its name matches none of Gateway__Secrets__Names.")
        : value.StartsWith('$') || _allowInline ? ValueTask.FromResult(value)
        : throw Refused("A literal key is not stored here. Put the key into an app setting and send its name, e.g. '$OPENAI_API_KEY'.");

    /// <inheritdoc/>
    public Task DropAsync(IReadOnlyCollection<string> references) => Task.CompletedTask;

    private static GatewayException Refused(string message) => new(400, message) { Code = "INVALID_PARAMETER_VALUE" };
}

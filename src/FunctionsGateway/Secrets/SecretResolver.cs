using FunctionsGateway.Errors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Secrets;

/// <summary>Turns what a route stores for a key into the key: <c>$NAME</c> is the app setting of that name, anything else a literal (development only).</summary>
internal sealed class SecretResolver(IConfiguration configuration, IOptions<GatewayOptions> options)
{
    private readonly SecretNames _names = new(options.Value.Secrets.Names);
    private readonly bool _allowInline = options.Value.Secrets.AllowInline;

    /// <summary>The key behind <paramref name="reference"/>.</summary>
    /// <exception cref="GatewayException">503: it cannot be had. The text names the reference, never a value.</exception>
    public ValueTask<Secret> ResolveAsync(string reference, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!reference.StartsWith('$'))
        {
            return _allowInline
                ? ValueTask.FromResult(new Secret(reference))
                : throw new GatewayException(503, "The route holds a literal key, which this gateway does not use. Store a $NAME reference in the route.");
        }

        var name = reference[1..];
        if (!_names.Allow(name))
        {
            throw new GatewayException(503, $"The route's key '{reference}' may not be read: its name matches none of Gateway__Secrets__Names.");
        }

        return configuration[name] is { Length: > 0 } value
            ? ValueTask.FromResult(new Secret(value))
            : throw new GatewayException(503, $"Environment variable '{name}' is not set");
    }
}

/// <summary>Registers the room.</summary>
internal static class SecretServices
{
    /// <summary>Adds the resolver.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services) => services.AddSingleton<SecretResolver>();
}

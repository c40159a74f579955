using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FunctionsGateway.Secrets;

/// <summary>Registers the room.</summary>
internal static class SecretServices
{
    /// <summary>Adds the resolver and the gateway's own vault. Needs an <see cref="ISecretStore"/>.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services)
    {
        services.TryAddSingleton<SecretResolver>();
        services.TryAddSingleton<OwnVault>();
        return services;
    }
}

using FunctionsGateway.Access.Entra;
using FunctionsGateway.Access.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Access;

/// <summary>Registers the room.</summary>
internal static class AccessServices
{
    /// <summary>Adds the gate. Needs an <see cref="IKeyStore"/>, <see cref="ReadSetting"/> and <see cref="FetchKeySet"/>.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<AccessGate>();
        services.AddSingleton<KeyBook>();
        services.AddSingleton<KeyEditor>();
        services.AddSingleton<BootstrapKey>();
        services.AddSingleton<RoleMap>();
        services.AddSingleton<EasyAuth>();
        services.AddSingleton<BrowserRule>();
        services.AddSingleton<KeySet>();
        services.AddSingleton<EntraTokens>();
        return services;
    }
}

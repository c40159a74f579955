using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Import;
using FunctionsGateway.Routes.Management;
using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes;

/// <summary>What the rooms of routes need.</summary>
internal static class RouteServices
{
    /// <summary>Adds the book, the editor and the import of the configuration file.</summary>
    /// <remarks>Needs <see cref="GatewayOptions"/>, an <see cref="IRouteStore"/> and logging. A test may register its own store, provider list, clock or dice first.</remarks>
    public static IServiceCollection AddRoutes(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Dice>(GatewayIds.Roll);
        services.TryAddSingleton<Func<string, Provider?>>(ProviderCatalog.Find);
        services.TryAddSingleton(provider => new SecretRule(
            provider.GetRequiredService<IOptions<GatewayOptions>>(), name => provider.GetRequiredService<IConfiguration>()[name], provider.GetRequiredService<ISecretStore>()));
        services.TryAddSingleton<ModelReader>();
        services.TryAddSingleton<RouteValidator>();
        services.TryAddSingleton<RouteBook>();
        services.AddSecrets();
        services.TryAddSingleton<KeyKeeper>();
        services.TryAddSingleton<RouteKeys>();
        services.TryAddSingleton<RouteEditor>();
        services.TryAddSingleton<TrafficRouteReader>();
        services.TryAddSingleton<ConfigReader>();
        services.TryAddSingleton<ConfigImport>();
        services.AddManagement();
        services.AddHostedService<ConfigWatcher>();
        return services;
    }
}

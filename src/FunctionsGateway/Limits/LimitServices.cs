using FunctionsGateway.Limits.Counting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Limits;

/// <summary>Registers limits.</summary>
internal static class LimitServices
{
    /// <summary>Adds the limiter. The host adds <c>ICounterStore</c>, <see cref="RouteReload"/>, <see cref="RouteLookup"/> and <see cref="LimitsWrite"/>.</summary>
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Dice>(GatewayIds.Roll);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<GatewayOptions>>().Value.Limits);
        services.AddSingleton<LimitMetrics>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<CounterSet>(provider, CounterSet.Capacity));
        services.AddSingleton<Limiter>();
        services.AddHostedService<LimitTasks>();
        return services;
    }
}

using FunctionsGateway.Access;
using FunctionsGateway.Access.Entra;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Routes;
using FunctionsGateway.Secrets;
using FunctionsGateway.Storage;
using FunctionsGateway.Upstream;
using FunctionsGateway.Upstream.Egress;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway;

/// <summary>Adds the gateway to a host.</summary>
public static class GatewayServices
{
    /// <summary>Adds every room of the gateway; settings are validated when the host starts.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration: <c>Gateway__…</c> and <c>GatewayStorage…</c> (spec/decisions.md §10).</param>
    public static IServiceCollection AddFunctionsGateway(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);

        services.AddOptions<GatewayOptions>().Configure(options => SettingsBinding.Bind(configuration.GetSection("Gateway"), options)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Dice>(GatewayIds.Roll);

        // It tells whole addresses, and what some clients put into a query is a key.
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning));
        services.AddRouting();
        // The access gate reads the endpoints' policies; ASP.NET's own middleware for them is not in the pipeline.
        services.Configure<RouteOptions>(options => options.SuppressCheckForUnhandledSecurityMetadata = true);
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>((kestrel, gateway) =>
        {
            kestrel.AddServerHeader = false;
            // Well above what we take: the refusal is then ours, speaks the path's dialect, and reaches a client that is still sending.
            kestrel.Limits.MaxRequestBodySize = (2 * gateway.Value.MaxBodyBytes) + (1 << 20);
        });

        services.AddSingleton<ErrorBoundary>();
        services.AddSingleton<GatewayApp>();
        services.AddStorage();
        services.AddSecrets();
        services.AddAccess();
        // Rooms that do not know each other meet here.
        services.TryAddSingleton<ReadSetting>(provider => async (reference, cancellation) =>
            (await provider.GetRequiredService<SecretResolver>().ReadSettingAsync(reference, cancellation))?.Reveal());
        services.TryAddSingleton<FetchKeySet>(provider => provider.GetRequiredService<PublicDocuments>().GetAsync);
        services.AddHealthStore();
        services.AddUpstream();
        services.AddInvocations();
        services.AddRoutes();
        services.AddLimits();
        services.AddSingleton<RouteLookup>(provider => provider.GetRequiredService<RouteBook>().FindAsync);
        services.AddSingleton<RouteReload>(provider => name => provider.GetRequiredService<RouteBook>().ReloadAsync(name, CancellationToken.None));
        services.AddSingleton<LimitsWrite>(provider => async (name, limits, tokenLimits, cancellation) =>
            await provider.GetRequiredService<RouteEditor>().SetLimitsAsync(name, limits, tokenLimits, RouteWords.Route, cancellation));
        return services;
    }
}

using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;
using FunctionsGateway.Secrets;
using FunctionsGateway.Storage.Access;
using FunctionsGateway.Storage.Vaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Storage;

/// <summary>Registers the room.</summary>
internal static class StorageServices
{
    /// <summary>Adds the stores that the rooms ask for: tables where <c>GatewayStorage</c> names them, else memory. A test may register its own first.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => StorageConnection.Of(provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>()));
        services.TryAddSingleton<IRouteStore>(provider => provider.GetRequiredService<StorageConnection>() is { IsMemory: false } connection
            ? new TableRouteStore(
                connection.Tables().GetTableClient("routes"),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Dice>(),
                provider.GetRequiredService<ILogger<TableRouteStore>>())
            : new MemoryRouteStore(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ICounterStore>(provider => provider.GetRequiredService<StorageConnection>() is { IsMemory: false } connection
            ? new TableCounterStore(
                connection.Tables(TableCounterStore.Impatient()).GetTableClient("counters"),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<TableCounterStore>>())
            : new MemoryCounterStore(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IKeyStore>(provider => provider.GetRequiredService<StorageConnection>() is { IsMemory: false } connection
            ? new TableKeyStore(connection.Tables().GetTableClient("keys"))
            : new MemoryKeyStore());
        services.TryAddSingleton(_ => KeyVaultStore.Options());
        services.TryAddSingleton<ISecretStore>(provider => new KeyVaultStore(
            provider.GetRequiredService<IOptions<GatewayOptions>>().Value.KeyVault,
            provider.GetRequiredService<Lazy<TokenCredential>>(),
            provider.GetRequiredService<SecretClientOptions>()));
        return services;
    }
}

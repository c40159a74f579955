using System.Net;
using Azure.Core;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream.Egress;
using FunctionsGateway.Upstream.Signing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Upstream;

/// <summary>Registers the room.</summary>
internal static class UpstreamServices
{
    /// <summary>Adds the door to providers.</summary>
    public static IServiceCollection AddUpstream(this IServiceCollection services)
    {
        services.AddSingleton<EgressRule>();
        services.TryAddSingleton<UpstreamHandler.Resolver>(Dns.GetHostAddressesAsync);
        // HttpMessageInvoker: no buffering and no timer of its own per request, which HttpClient has.
        services.TryAddSingleton(provider => new HttpMessageInvoker(UpstreamHandler.Create(
            provider.GetRequiredService<EgressRule>(), provider.GetRequiredService<UpstreamHandler.Resolver>())));
        services.TryAddSingleton(provider => new Lazy<TokenCredential>(
            () => Hosting.Identity(
                provider.GetRequiredService<IConfiguration>(), provider.GetRequiredService<IHostEnvironment>(), provider.GetRequiredService<IConfiguration>()["AZURE_CLIENT_ID"])));
        services.AddSingleton<PublicDocuments>();
        services.TryAddSingleton<Func<string, Provider?>>(ProviderCatalog.Find);
        services.AddSingleton<TargetHealth>();
        services.AddSingleton<ProviderResilience>();
        services.AddSingleton<TargetBinding.Book>();
        services.AddSingleton<AwsSigner>();
        services.AddSingleton<GoogleFederation>();
        services.AddSingleton<GoogleTokens>();
        services.AddSingleton<ClientCredentialTokens>();
        services.AddSingleton<Signers>();
        services.AddSingleton<RequestSigner>();
        services.AddSingleton<ProviderClient>();
        return services;
    }
}

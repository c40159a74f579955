using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Routes;

/// <summary>Where a key is to go.</summary>
/// <param name="Provider">The provider; null while it is not known, only the address is.</param>
/// <param name="Address">The base address of its calls.</param>
internal sealed record KeyPlace(Provider? Provider, Uri Address)
{
    /// <summary>The only scheme, host and port that the key may be sent to.</summary>
    public string Origin => Secret.OriginOf(Address);

    /// <summary>Where calls of such a target go, by the same reckoning as theirs; null while the configuration does not say it.</summary>
    public static KeyPlace? Of(Provider provider, string? model, JsonObject config, IConfiguration settings) =>
        Of(provider, provider.BaseAddress(ProviderSettings.Call(provider, model, config, settings)));

    /// <summary>The place at <paramref name="address"/>; null when it is none.</summary>
    public static KeyPlace? Of(Provider? provider, string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri!.Scheme is "https" or "http" ? new KeyPlace(provider, uri) : null;
}

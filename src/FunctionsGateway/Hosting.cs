using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace FunctionsGateway;

/// <summary>Where the gateway runs, and who it is there.</summary>
internal static class Hosting
{
    // Azure/azure-functions-host, EnvironmentSettingNames.cs and EnvironmentExtensions.cs: IsAppService (Premium, Dedicated, Windows) asks for the first, and has to be
    // false where IsLinuxConsumptionOnLegion (Flex Consumption) asks for the next two; IsFlexConsumptionSku asks for the plan's name.
    private static readonly string[] SignsOfAzure = ["WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME", "LEGION_SERVICE_HOST", "WEBSITE_SKU"];

    // What IsLinuxConsumptionOnAtlas and IsManagedAppEnvironment (Container Apps) ask for; other places use these names too, so that the site's must stand beside them.
    private static readonly string[] SignsOfAzuresContainers = ["CONTAINER_NAME", "MANAGED_ENVIRONMENT"];

    /// <summary>Whether the platform is Azure, on whatever plan. <c>func start</c> and LocalHost set none of these variables.</summary>
    public static bool IsAzure(IConfiguration settings) =>
        Array.Exists(SignsOfAzure, name => settings[name] is { Length: > 0 })
        || (settings["WEBSITE_SITE_NAME"] is { Length: > 0 } && Array.Exists(SignsOfAzuresContainers, name => settings[name] is { Length: > 0 }));

    /// <summary>The gateway's own identity: the managed one, and the developer's only in development and outside of Azure.</summary>
    /// <remarks>In Azure exactly the managed identity: the chain would try, and wait for, what is not there, and might find someone else's.</remarks>
    /// <param name="settings">The app settings.</param>
    /// <param name="environment">Whether it is development.</param>
    /// <param name="client">The client id of a user-assigned identity; null or empty for the system-assigned one.</param>
    public static TokenCredential Identity(IConfiguration settings, IHostEnvironment environment, string? client)
    {
        var id = client is { Length: > 0 } ? client : null;
        return environment.IsDevelopment() && settings["IDENTITY_ENDPOINT"] is not { Length: > 0 } && !IsAzure(settings)
            ? new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = id })
            : ManagedIdentity(id);
    }

    /// <summary>The managed identity and nothing else.</summary>
    /// <param name="client">The client id of a user-assigned identity; null or empty for the system-assigned one.</param>
    public static TokenCredential ManagedIdentity(string? client) =>
        new ManagedIdentityCredential(client is { Length: > 0 } id ? ManagedIdentityId.FromUserAssignedClientId(id) : ManagedIdentityId.SystemAssigned);
}

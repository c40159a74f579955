namespace FunctionsGateway.Tests.Infra;

/// <summary>The properties that may be set, as Azure's own type index for Bicep has them at the versions of <see cref="AzureFacts.Types"/>.</summary>
internal static class AzureProperties
{
    /// <summary>What every resource may say.</summary>
    public static readonly IReadOnlySet<string> Common = new HashSet<string> { "name", "location", "tags", "parent", "scope", "dependsOn" };

    /// <summary>The paths of properties by type; one that lies above a path is known with it.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> OfType = new Dictionary<string, string[]>
    {
        ["Microsoft.Authorization/roleAssignments"] =
        [
            "properties.principalId",
            "properties.principalType",
            "properties.roleDefinitionId",
        ],
        ["Microsoft.Insights/components"] =
        [
            "kind",
            "properties.Application_Type",
            "properties.DisableLocalAuth",
            "properties.WorkspaceResourceId",
        ],
        ["Microsoft.KeyVault/vaults"] =
        [
            "properties.enablePurgeProtection",
            "properties.enableRbacAuthorization",
            "properties.enableSoftDelete",
            "properties.networkAcls.bypass",
            "properties.networkAcls.defaultAction",
            "properties.publicNetworkAccess",
            "properties.sku.family",
            "properties.sku.name",
            "properties.softDeleteRetentionInDays",
            "properties.tenantId",
        ],
        ["Microsoft.Network/privateDnsZones/virtualNetworkLinks"] =
        [
            "properties.registrationEnabled",
            "properties.virtualNetwork.id",
        ],
        ["Microsoft.Network/privateEndpoints"] =
        [
            "properties.privateLinkServiceConnections.name",
            "properties.privateLinkServiceConnections.properties.groupIds",
            "properties.privateLinkServiceConnections.properties.privateLinkServiceId",
            "properties.subnet.id",
        ],
        ["Microsoft.Network/privateEndpoints/privateDnsZoneGroups"] =
        [
            "properties.privateDnsZoneConfigs.name",
            "properties.privateDnsZoneConfigs.properties.privateDnsZoneId",
        ],
        ["Microsoft.Network/virtualNetworks"] =
        [
            "properties.addressSpace.addressPrefixes",
            "properties.subnets.name",
            "properties.subnets.properties.addressPrefix",
            "properties.subnets.properties.delegations.name",
            "properties.subnets.properties.delegations.properties.serviceName",
        ],
        ["Microsoft.OperationalInsights/workspaces"] =
        [
            "properties.retentionInDays",
            "properties.sku.name",
        ],
        ["Microsoft.Storage/storageAccounts"] =
        [
            "kind",
            "properties.allowBlobPublicAccess",
            "properties.allowSharedKeyAccess",
            "properties.defaultToOAuthAuthentication",
            "properties.minimumTlsVersion",
            "properties.networkAcls.bypass",
            "properties.networkAcls.defaultAction",
            "properties.publicNetworkAccess",
            "properties.supportsHttpsTrafficOnly",
            "sku.name",
        ],
        ["Microsoft.Web/serverfarms"] =
        [
            "kind",
            "properties.reserved",
            "sku.name",
            "sku.tier",
        ],
        ["Microsoft.Web/sites"] =
        [
            "identity.type",
            "identity.userAssignedIdentities",
            "kind",
            "properties.functionAppConfig.deployment.storage.authentication.type",
            "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId",
            "properties.functionAppConfig.deployment.storage.type",
            "properties.functionAppConfig.deployment.storage.value",
            "properties.functionAppConfig.runtime.name",
            "properties.functionAppConfig.runtime.version",
            "properties.functionAppConfig.scaleAndConcurrency.alwaysReady",
            "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB",
            "properties.functionAppConfig.scaleAndConcurrency.maximumInstanceCount",
            "properties.functionAppConfig.scaleAndConcurrency.triggers.http.perInstanceConcurrency",
            "properties.httpsOnly",
            "properties.keyVaultReferenceIdentity",
            "properties.serverFarmId",
            "properties.siteConfig.appSettings",
            "properties.siteConfig.minTlsVersion",
            "properties.virtualNetworkSubnetId",
        ],
        ["Microsoft.Web/sites/basicPublishingCredentialsPolicies"] =
        [
            "properties.allow",
        ],
    };

    /// <summary>The properties of resources that are not known.</summary>
    public static IEnumerable<string> Unknown(Infrastructure infra) =>
        from file in infra.Bicep
        from resource in file.Resources
        let known = OfType.GetValueOrDefault(resource.Type, [])
        from path in Paths(resource.Node.Children.SelectMany(child => child.All("object")).FirstOrDefault(), "", file)
        where !Common.Contains(path.Split('.')[0]) && !known.Any(other => other == path || other.StartsWith(path + ".", StringComparison.Ordinal))
        select $"{file.Name}: {resource.Type} has no property '{path}' that is known; look it up before adding it to AzureProperties.";

    // A property that is given by a variable is read where the variable is.
    private static IEnumerable<string> Paths(BicepNode? value, string prefix, BicepFile file) => value?.Type switch
    {
        "object" => from property in value.Children
                    where property.Type == "object_property" && property.Children.Count > 1 && !property.Children[0].All("interpolation").Any()
                    let path = prefix + property.Children[0].Unquoted()
                    from found in Paths(property.Children[1], path + ".", file).Prepend(path)
                    where !found.StartsWith("tags.", StringComparison.Ordinal)
                    select found,
        "array" => value.Children.SelectMany(item => Paths(item, prefix, file)),
        "identifier" when prefix == "properties." => file.Root.Children.Where(node => node.Type == "variable_declaration" && node.Children[0].Text == value.Text)
            .SelectMany(variable => Paths(variable.Children[1], prefix, file)),
        _ => [],
    };
}

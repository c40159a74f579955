namespace FunctionsGateway.Tests.Infra;

/// <summary>What Azure calls things: the tables that the Bicep files are held against, since no compiler does it.</summary>
internal static class AzureFacts
{
    /// <summary>The resource types that are used, each with the API version that is known to have what we set.</summary>
    public static readonly IReadOnlyDictionary<string, string> Types = new Dictionary<string, string>
    {
        ["Microsoft.Resources/resourceGroups"] = "2024-03-01",
        ["Microsoft.ManagedIdentity/userAssignedIdentities"] = "2023-01-31",
        ["Microsoft.Web/serverfarms"] = "2024-04-01",
        ["Microsoft.Web/sites"] = "2024-04-01",
        ["Microsoft.Web/sites/basicPublishingCredentialsPolicies"] = "2024-04-01",
        ["Microsoft.Storage/storageAccounts"] = "2023-05-01",
        ["Microsoft.Storage/storageAccounts/blobServices"] = "2023-05-01",
        ["Microsoft.Storage/storageAccounts/blobServices/containers"] = "2023-05-01",
        ["Microsoft.Storage/storageAccounts/tableServices"] = "2023-05-01",
        ["Microsoft.Storage/storageAccounts/tableServices/tables"] = "2023-05-01",
        ["Microsoft.KeyVault/vaults"] = "2023-07-01",
        ["Microsoft.OperationalInsights/workspaces"] = "2023-09-01",
        ["Microsoft.Insights/components"] = "2020-02-02",
        ["Microsoft.Authorization/roleAssignments"] = "2022-04-01",
        ["Microsoft.Network/virtualNetworks"] = "2023-11-01",
        ["Microsoft.Network/virtualNetworks/subnets"] = "2023-11-01",
        ["Microsoft.Network/privateEndpoints"] = "2023-11-01",
        ["Microsoft.Network/privateEndpoints/privateDnsZoneGroups"] = "2023-11-01",
        ["Microsoft.Network/privateDnsZones"] = "2020-06-01",
        ["Microsoft.Network/privateDnsZones/virtualNetworkLinks"] = "2020-06-01",
    };

    /// <summary>The built-in roles by name.</summary>
    public static readonly IReadOnlyDictionary<string, string> Roles = new Dictionary<string, string>
    {
        ["Storage Blob Data Owner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        ["Storage Queue Data Contributor"] = "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        ["Storage Table Data Contributor"] = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        ["Key Vault Secrets User"] = "4633458b-17de-408a-b874-0445c86b69e6",
        ["Key Vault Secrets Officer"] = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        ["Monitoring Metrics Publisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
    };

    /// <summary>Who may do what where, and when: the least with which everything works.</summary>
    public static readonly IReadOnlySet<(string Who, string Role, string Scope, string Condition)> Assignments = new HashSet<(string, string, string, string)>
    {
        ("appPrincipalId", "Storage Blob Data Owner", "account", ""),
        ("appPrincipalId", "Storage Table Data Contributor", "account", ""),
        ("appPrincipalId", "Key Vault Secrets User", "operatorVault", ""),
        ("appPrincipalId", "Key Vault Secrets Officer", "gatewayVault", "gatewayWritesSecrets"),
        ("appPrincipalId", "Monitoring Metrics Publisher", "insights", ""),
        ("deployerPrincipalId", "Key Vault Secrets Officer", "operatorVault", "!empty(deployerPrincipalId)"),
    };

    /// <summary>What the names in <see cref="Assignments"/> mean: a parameter of roles.bicep and what main.bicep gives for it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Meant = new Dictionary<string, string>
    {
        ["appPrincipalId"] = "identity.outputs.principalId",
        ["deployerPrincipalId"] = "principalId",
        ["storageName"] = "storage.outputs.name",
        ["operatorVaultName"] = "vaults.outputs.operatorName",
        ["gatewayVaultName"] = "vaults.outputs.gatewayName",
        ["insightsName"] = "monitoring.outputs.insightsName",
        ["gatewayWritesSecrets"] = "gatewayWritesSecrets",
    };

    /// <summary>What the scopes in <see cref="Assignments"/> mean: an existing resource of roles.bicep and the parameter that names it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Scopes = new Dictionary<string, string>
    {
        ["account"] = "storageName",
        ["operatorVault"] = "operatorVaultName",
        ["gatewayVault"] = "gatewayVaultName",
        ["insights"] = "insightsName",
    };

    /// <summary>The functions of Bicep that are used; decorators too.</summary>
    public static readonly IReadOnlySet<string> Functions = new HashSet<string>
    {
        "allowed", "description", "maxLength", "maxValue", "minLength", "minValue", "secure",
        "concat", "deployer", "empty", "environment", "filter", "guid", "items", "join", "loadJsonContent", "map", "replace", "resourceGroup",
        "resourceId", "split", "string", "subscription", "subscriptionResourceId", "tenant", "toLower", "trim", "union", "uniqueString",
    };

    /// <summary>Settings that the platform reads, and never the gateway; on Flex Consumption the language and the package are no settings.</summary>
    public static readonly IReadOnlySet<string> PlatformSettings = new HashSet<string>
    {
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING", "AZURE_CLIENT_ID", "AzureWebJobsStorage__blobServiceUri",
        "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
    };
}

using FunctionsGateway.LocalHost;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary><c>azd up</c>, as far as it can be held without Azure; each rule is shown to see a fault.</summary>
public sealed class DeploymentTests
{
    private static readonly Dictionary<string, Func<Infrastructure, IEnumerable<string>>> Rules = new()
    {
        ["syntax"] = BicepRules.Syntax,
        ["modules"] = BicepRules.Modules,
        ["symbols"] = BicepRules.Symbols,
        ["types"] = BicepRules.ResourceTypes,
        ["properties"] = AzureProperties.Unknown,
        ["roles"] = BicepRules.Roles,
        ["assignments"] = BicepRules.Assignments,
        ["parameters"] = DeploymentRules.Parameters,
        ["settings"] = DeploymentRules.Settings,
        ["tables"] = DeploymentRules.Tables,
        ["secrets"] = DeploymentRules.Secrets,
        ["host"] = infra => DeploymentRules.Host(infra.All["host.json"]),
        ["hooks"] = AzdRules.Hooks,
        ["names"] = AzdRules.Names,
        ["defaults"] = AzdRules.Defaults,
        ["routes file"] = AzdRules.RoutesFile,
    };

    public static TheoryData<string> RuleNames => [.. Rules.Keys];

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void Keeps_every_rule(string rule)
    {
        if (rule == "settings" && Repository.IsUpdating)
        {
            Repository.HoldsOrUpdates("infra/settings.json", DeploymentRules.SettingsFile(Infrastructure.Whole));
            return; // the next run reads what this one wrote
        }

        Assert.Empty(Rules[rule](Infrastructure.Whole));
    }

    [Theory]
    [InlineData("syntax", "app.bicep", "properties: { reserved: true }", "properties: { reserved: }", "app.bicep is no Bicep")]
    [InlineData("modules", "main.bicep", "isPrivate: isPrivate, location", "isPrivat: isPrivate, location", "has no parameter 'isPrivat'")]
    [InlineData("modules", "main.bicep", "    clientId: identity.outputs.clientId\n", "", "needs the parameter 'clientId'")]
    [InlineData("modules", "identity.bicep", "output clientId", "output id2", "identity.bicep has no output 'clientId'")]
    [InlineData("modules", "main.bicep", "'vaults.bicep'", "'vault.bicep'", "which does not exist")]
    [InlineData("symbols", "network.bicep", "'pe-${door.name}-${name}'", "'pe-${gate.name}-${name}'", "there is no 'gate'")]
    [InlineData("symbols", "app.bicep", "chosenSettings)", "choosenSettings)", "there is no 'choosenSettings'")]
    [InlineData("symbols", "app.bicep", "string(setting.value)", "text(setting.value)", "there is no 'text'")]
    [InlineData("symbols", "app.bicep", "empty(subnetId) ? null : subnetId", "null", "'subnetId' is used nowhere")]
    [InlineData("types", "vaults.bicep", "vaults@2023-07-01", "vaults@2033-07-01", "'Microsoft.KeyVault/vaults@2033-07-01' is not in")]
    [InlineData("types", "storage.bicep", "'tableServices'", "'tabelServices'", "tabelServices")]
    [InlineData("properties", "app.bicep", "instanceMemoryMB:", "instanceMemoryMb:", "has no property 'properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMb'")]
    [InlineData("properties", "vaults.bicep", "enableRbacAuthorization:", "enableRbac:", "has no property 'properties.enableRbac'")]
    [InlineData("properties", "network.bicep", "groupIds:", "groupId:", "has no property 'properties.privateLinkServiceConnections.properties.groupId'")]
    [InlineData("roles", "roles.bicep", "b7e6dc6d", "b7e6dc6e", "the id of 'Storage Blob Data Owner' is not")]
    [InlineData("roles", "roles.bicep", "roles['Key Vault Secrets User'])", "roles['Key Vault Reader'])", "there is no role 'Key Vault Reader'")]
    [InlineData("roles", "identity.bicep", "'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31'", "'Microsoft.Authorization/roleAssignments@2022-04-01'", "identity.bicep assigns a role")]
    [InlineData("assignments", "roles.bicep", "  scope: operatorVault\n  properties: {\n    principalId: appPrincipalId", "  scope: gatewayVault\n  properties: {\n    principalId: appPrincipalId", "AzureFacts.Assignments does not have (appPrincipalId, Key Vault Secrets User, gatewayVault, )")]
    [InlineData("assignments", "roles.bicep", "if (gatewayWritesSecrets) ", "", "AzureFacts.Assignments does not have (appPrincipalId, Key Vault Secrets Officer, gatewayVault, )")]
    [InlineData("assignments", "roles.bicep", "principalId: deployerPrincipalId", "principalId: appPrincipalId", "AzureFacts.Assignments does not have (appPrincipalId, Key Vault Secrets Officer, operatorVault, !empty(deployerPrincipalId))")]
    [InlineData("assignments", "roles.bicep", "'Microsoft.Authorization/roleDefinitions', roles['Key Vault Secrets User']", "'Microsoft.Authorization/roleDefinitions', roles['Key Vault Secrets Officer']", "does not have (appPrincipalId, Key Vault Secrets User, operatorVault, )")]
    [InlineData("assignments", "roles.bicep", "  scope: insights\n", "", "AzureFacts.Assignments does not have (appPrincipalId, Monitoring Metrics Publisher, the resource group, )")]
    [InlineData("assignments", "main.bicep", "gatewayVaultName: vaults.outputs.gatewayName", "gatewayVaultName: vaults.outputs.operatorName", "'gatewayVaultName' of roles.bicep is not vaults.outputs.gatewayName")]
    [InlineData("assignments", "roles.bicep", "name: gatewayVaultName", "name: operatorVaultName", "'gatewayVault' is not the one that gatewayVaultName names")]
    [InlineData("assignments", "roles.bicep", "guid(account.id, appPrincipalId, roles['Storage Table Data Contributor'])", "guid(account.id, appPrincipalId, roles['Storage Blob Data Owner'])", "the name of appWritesTables")]
    [InlineData("parameters", "main.parameters.json", "\"network\"", "\"networks\"", "has no parameter 'networks'")]
    [InlineData("parameters", "main.bicep", "param managers string", "param administrators string", "lacks 'administrators'")]
    [InlineData("settings", "app.bicep", "Gateway__ConfigPath", "Gateway__ConfigFile", "'Gateway__ConfigFile' is set, but neither")]
    [InlineData("settings", "app.bicep", "GatewayStorage__clientId", "GatewayStorage__client", "'GatewayStorage__client' is set, but neither")]
    [InlineData("settings", "app.bicep", "'AZURE_CLIENT_ID'", "'FUNCTIONS_WORKER_RUNTIME'", "'FUNCTIONS_WORKER_RUNTIME' is set, but neither")]
    [InlineData("settings", "settings.json", "Gateway__Limits__SweepInterval", "Gateway__Limits__SweepEvery", "'Gateway__Limits__SweepInterval' is an option that the deployment cannot set")]
    [InlineData("settings", "settings.json", "Gateway__Limits__SweepInterval", "Gateway__ConfigPath", "is set by app.bicep and by settings.json")]
    [InlineData("tables", "storage.bicep", "'routes', ", "", "does not make the table 'routes'")]
    [InlineData("secrets", "app.bicep", "value: clientId }", "value: 'AccountName=a;AccountKey=b' }", "looks like a secret")]
    [InlineData("secrets", "main.parameters.json", "${AZURE_LOCATION}", "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1A=", "looks like a secret")]
    [InlineData("secrets", "hooks/postdeploy.sh", "Bearer \\$KEY", "Bearer sk-abcdefgh12345678IJKL", "looks like a secret")]
    [InlineData("secrets", "azure.yaml", "./src/FunctionsGateway.App", "gsk_abcdefgh12345678", "azure.yaml: 'gsk_abcdefgh…' looks like a secret")]
    [InlineData("secrets", "host.json", "nosniff", "AIzaSyA1234567890abcdefghij", "looks like a secret")]
    [InlineData("secrets", "local.settings.sample.json", "*_API_KEY,*_API_TOKEN", "0123456789abcdef0123456789abcdef", "looks like a secret")]
    [InlineData("secrets", "local.settings.sample.json", "*_API_KEY,*_API_TOKEN", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "looks like a secret")]
    [InlineData("secrets", "local.settings.sample.json", "UseDevelopmentStorage=true", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b", "looks like a secret")]
    [InlineData("secrets", "docs/deployment.md", "export OPENAI_API_KEY=…", "export OPENAI_API_KEY=sk-proj-12345678", "looks like a secret")]
    [InlineData("host", "host.json", "\"2.0\"", "\"3.0\"", "version must be")]
    [InlineData("host", "host.json", "\"routePrefix\": \"\"", "\"routePrefix\": \"api\"", "routePrefix must be empty")]
    [InlineData("host", "host.json", "00:30:00", "00:05:00", "outlast the longest stream")]
    [InlineData("host", "host.json", "\"logging\"", "\"extensionBundle\"", "a member that the host does not know")]
    [InlineData("host", "host.json", "\"maxConcurrentRequests\": -1", "\"maxConcurrentRequests\": 100", "answer 429 by itself")]
    [InlineData("host", "host.json", "\"functionTimeout\"", "\"telemetryMode\": \"OpenTelemetry\", \"functionTimeout\"", "ignores logging.applicationInsights")]
    [InlineData("host", "host.json", "\"isEnabled\": true", "\"isEnabled\": false", "without sampling")]
    [InlineData("host", "host.json", "\"Host.Results\": \"Information\"", "\"Host.Results\": \"Warning\"", "each call's row")]
    [InlineData("host", "host.json", "\"default\": \"Warning\"", "\"default\": \"Warning\", \"Function\": \"Information\"", "two lines for each call")]
    [InlineData("host", "host.json", "{", "", "is no JSON")]
    [InlineData("hooks", "azure.yaml", "postdeploy.sh\n      interactive: true", "postdeploy.sh", "postdeploy speaks, so it is interactive for posix")]
    [InlineData("hooks", "azure.yaml", "postprovision.ps1\n      interactive: true", "postprovision.ps1\n      interactive: false", "postprovision speaks, so it is interactive for windows")]
    [InlineData("hooks", "hooks/prepackage.sh", "  mkdir -p artifacts", "  echo \"Taking $file\"", "prepackage speaks, so it is the project's and not a service's")]
    [InlineData("hooks", "azure.yaml", ">= 1.24.0", ">= 1.20.0", "1.24.0 is the least")]
    [InlineData("hooks", "azure.yaml", "../../infra/hooks/prepackage.ps1", "../infra/hooks/prepackage.ps1", "which is not its script")]
    [InlineData("hooks", "azure.yaml", "  postdeploy:", "  postdeployed:", "nothing runs hooks/postdeploy.sh")]
    [InlineData("hooks", "azure.yaml", "shell: pwsh", "shell: sh", "has no pwsh script for windows")]
    [InlineData("names", "main.bicep", "output AZURE_KEY_VAULT_NAME", "output AZURE_VAULT_NAME", "postprovision.sh reads 'AZURE_KEY_VAULT_NAME'")]
    [InlineData("names", "main.bicep", "output SERVICE_API_ENDPOINT", "output SERVICE_API_URL", "postdeploy.ps1 reads 'SERVICE_API_ENDPOINT'")]
    [InlineData("names", "main.parameters.json", "${GATEWAY_SECRET_NAMES}", "${GATEWAY_SECRETS}", "preprovision.sh sets 'GATEWAY_SECRET_NAMES'")]
    [InlineData("names", "docs/deployment.md", "GATEWAY_MANAGERS", "GATEWAY_ADMINS", "docs/deployment.md names 'GATEWAY_ADMINS'")]
    [InlineData("defaults", "main.bicep", "perInstanceConcurrency int = 100", "perInstanceConcurrency int = 16", "'perInstanceConcurrency' is 16 in main.bicep and 100")]
    [InlineData("defaults", "docs/deployment.md", "`GATEWAY_INSTANCE_MEMORY_MB` | 2048 |", "`GATEWAY_INSTANCE_MEMORY_MB` | 4096 |", "says that 'GATEWAY_INSTANCE_MEMORY_MB' is 4096; main.bicep says 2048")]
    [InlineData("defaults", "docs/deployment.md", "| `GATEWAY_WRITES_SECRETS` |", "| `GATEWAY_WRITES` |", "does not list 'GATEWAY_WRITES_SECRETS'")]
    [InlineData("routes file", "hooks/prepackage.sh", "\"$file\" artifacts/routes.yaml", "\"$file\" artifacts/gateway.yaml", "lays the routes file at 'artifacts/gateway.yaml'")]
    [InlineData("routes file", "hooks/prepackage.ps1", "$file artifacts/routes.yaml", "$file routes.yaml", "lays the routes file at 'routes.yaml'")]
    [InlineData("routes file", "app.bicep", "wwwroot/routes.yaml", "wwwroot/gateway.yaml", "is not where the package has 'routes.yaml'")]
    [InlineData("routes file", "src/FunctionsGateway.App/FunctionsGateway.App.csproj", "Link=\"routes.yaml\"", "Link=\"gateway.yaml\"", "is not where the package has 'gateway.yaml'")]
    public void Would_see_a_breach(string rule, string file, string text, string other, string fault) =>
        Assert.Contains(Rules[rule](Infrastructure.Broken(file, text, other)), found => found.Contains(fault, StringComparison.Ordinal));

    [Fact]
    public async Task Sets_what_the_gateway_starts_with()
    {
        var settings = DeploymentRules.SetBy(Infrastructure.Whole["app.bicep"])
            .Where(setting => setting.Name.StartsWith("Gateway__", StringComparison.Ordinal) && setting.Name != "Gateway__ConfigPath")
            .ToDictionary(setting => setting.Name, setting => setting switch
            {
                { Value.IsLiteral: true } => setting.Value.Unquoted(),
                { Name: var name } when name.EndsWith("Uri", StringComparison.Ordinal) => "https://kv-x.vault.azure.net/",
                { Name: var name } when name.EndsWith("Audiences", StringComparison.Ordinal) => "api://gateway",
                _ => (string?)"00000000-0000-0000-0000-000000000001",
            });
        settings["AZURE_FUNCTIONS_ENVIRONMENT"] = "Production";
        settings["WEBSITE_INSTANCE_ID"] = "x";
        settings["GatewayStorage"] = "memory";

        await using var gateway = await LocalHostServer.StartAsync(settings);
    }

    [Fact]
    public void Takes_no_key_where_an_identity_serves()
    {
        var all = string.Join('\n', Infrastructure.Whole.Bicep.Select(file => file.Root.Text));

        foreach (var line in new[]
        {
            "allowSharedKeyAccess: false", "allowBlobPublicAccess: false", "DisableLocalAuth: true", "enableRbacAuthorization: true", "enablePurgeProtection: true",
            "properties: { allow: false }", "authentication: { type: 'UserAssignedIdentity'", "httpsOnly: true", "'azd-service-name': 'api'",
        })
        {
            Assert.Contains(line, all, StringComparison.Ordinal);
        }
    }
}

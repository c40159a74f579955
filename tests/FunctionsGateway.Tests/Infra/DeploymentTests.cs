using FunctionsGateway.LocalHost;
using FunctionsGateway.Tests.Support;
using YamlDotNet.RepresentationModel;

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
        ["parameters"] = DeploymentRules.Parameters,
        ["settings"] = DeploymentRules.Settings,
        ["tables"] = DeploymentRules.Tables,
        ["secrets"] = DeploymentRules.Secrets,
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
    [InlineData("secrets", "hooks/postdeploy.sh", "\\$KEY\"", "sk-abcdefgh12345678IJKL\"", "looks like a secret")]
    public void Would_see_a_breach(string rule, string file, string text, string other, string fault) =>
        Assert.Contains(Rules[rule](Infrastructure.Broken(file, text, other)), found => found.Contains(fault, StringComparison.Ordinal));

    [Fact]
    public void Has_a_host_file_that_the_host_takes() => Assert.Empty(DeploymentRules.Host(Repository.Read("host.json")));

    [Theory]
    [InlineData("\"2.0\"", "\"3.0\"")]
    [InlineData("\"routePrefix\": \"\"", "\"routePrefix\": \"api\"")]
    [InlineData("00:30:00", "00:05:00")]
    [InlineData("\"logging\"", "\"extensionBundle\"")]
    [InlineData("\"maxConcurrentRequests\": -1", "\"maxConcurrentRequests\": 100")]
    [InlineData("OpenTelemetry", "Telemetry")]
    [InlineData("{", "")]
    public void Would_see_a_broken_host_file(string text, string other) =>
        Assert.NotEmpty(DeploymentRules.Host(Repository.Read("host.json").Replace(text, other, StringComparison.Ordinal)));

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

    [Fact]
    public void Names_one_project_and_hooks_that_exist_for_both_shells()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read("azure.yaml")));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var service = (YamlMappingNode)root["services"]["api"];
        var project = Repository.PathOf(service["project"].ToString());

        Assert.Single(Directory.GetFiles(project, "*.*proj"));
        Assert.Equal(("dotnet", "function"), (service["language"].ToString(), service["host"].ToString()));
        foreach (var (hooks, folder) in new[] { (root["hooks"], Repository.Root), (service["hooks"], project) })
        {
            foreach (var (name, hook) in (YamlMappingNode)hooks)
            {
                Assert.True(File.Exists(Path.Combine(folder, hook["posix"]["run"].ToString())), $"{name} has no POSIX script.");
                Assert.True(File.Exists(Path.Combine(folder, hook["windows"]["run"].ToString())), $"{name} has no PowerShell script.");
                Assert.Equal(("sh", "pwsh"), (hook["posix"]["shell"].ToString(), hook["windows"]["shell"].ToString()));
            }
        }
    }
}

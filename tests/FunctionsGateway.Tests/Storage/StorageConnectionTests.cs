using Azure.Identity;
using FunctionsGateway.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;

namespace FunctionsGateway.Tests.Storage;

public sealed class StorageConnectionTests
{
    [Fact]
    public void Keeps_everything_in_the_process_when_told_so() => Assert.True(Of(("GatewayStorage", "memory")).IsMemory);

    [Fact]
    public void Reads_a_connection_string() =>
        Assert.Equal("devstoreaccount1", Of(("GatewayStorage", "UseDevelopmentStorage=true"), ("AzureWebJobsStorage", "memory")).Tables().AccountName);

    [Theory]
    [InlineData("GatewayStorage:tableServiceUri", "https://one.table.core.windows.net")]
    [InlineData("AzureWebJobsStorage:tableServiceUri", "https://one.table.core.windows.net")]
    [InlineData("AzureWebJobsStorage:accountName", "one")]
    public void Reaches_an_address_by_identity(string name, string value) =>
        Assert.Equal("one", Of((name, value), ("GatewayStorage:credential", "managedidentity"), ("GatewayStorage:clientId", "c")).Tables().AccountName);

    [Fact]
    public void Says_what_to_do_when_nothing_is_named() =>
        Assert.Contains("GatewayStorage is not set", Assert.Throws<InvalidOperationException>(() => Of()).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_an_address_without_https() =>
        Assert.Contains("'http://one'", Assert.Throws<InvalidOperationException>(() => Of(("GatewayStorage:tableServiceUri", "http://one"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Production", "", typeof(ManagedIdentityCredential))]
    [InlineData("Development", "", typeof(DefaultAzureCredential))]
    [InlineData("Development", "IDENTITY_ENDPOINT", typeof(ManagedIdentityCredential))]
    [InlineData("Development", "WEBSITE_INSTANCE_ID", typeof(ManagedIdentityCredential))]
    [InlineData("Development", "WEBSITE_POD_NAME", typeof(ManagedIdentityCredential))]
    public void Is_the_apps_identity_and_a_developers_in_development_only(string environment, string sign, Type credential)
    {
        var settings = new[] { ("GatewayStorage:tableServiceUri", "https://one.table.core.windows.net"), (sign.Length > 0 ? sign : "NONE", "x") };

        Assert.IsType(credential, Of(environment, settings).Credential);
        Assert.IsType(credential, Hosting.Identity(Settings(settings), new HostingEnvironment { EnvironmentName = environment }, client: null));
    }

    private static StorageConnection Of(params (string Name, string Value)[] settings) => Of("Development", settings);

    private static StorageConnection Of(string environment, params (string Name, string Value)[] settings) =>
        StorageConnection.Of(Settings(settings), new HostingEnvironment { EnvironmentName = environment });

    private static IConfiguration Settings((string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build();
}

using FunctionsGateway.Storage;
using Microsoft.Extensions.Configuration;

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

    private static StorageConnection Of(params (string Name, string Value)[] settings) => StorageConnection.Of(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build());
}

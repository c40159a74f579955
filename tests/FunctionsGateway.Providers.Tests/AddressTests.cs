using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>Where each operation of each provider is called: its own base and the operation's path, family members included.
/// The addresses stand in <c>Fixtures/addresses.json</c>; the configuration is that of the provider's folder of fixtures.</summary>
public sealed class AddressTests
{
    private static readonly JsonObject Addresses = Fixture.ReadShared("addresses.json");

    public static IEnumerable<object[]> Operations =>
        from provider in ProviderCatalog.All
        from name in new[] { "chat", "completions", "embeddings" }
        where ProviderDocs.OperationOf(provider, name) is not null
        select new object[] { provider.Name, name };

    [Theory]
    [MemberData(nameof(Operations))]
    public void Calls_the_providers_own_address(string name, string operation)
    {
        var provider = ProviderCatalog.Find(name)!;
        var (model, config) = new Fixture(name, name, operation).Example;
        foreach (var isStream in new[] { false, true })
        {
            var call = new ProviderCall(model, config, isStream, "0", DateTimeOffset.UnixEpoch);
            var translation = ProviderDocs.OperationOf(provider, operation)!;
            if (!isStream || translation.Stream is not null)
            {
                Assert.Equal(Addresses[name]?[isStream ? $"{operation}, streamed" : operation]?.GetValue<string>() ?? Addresses[name]?[operation]?.GetValue<string>(),
                    provider.BaseAddress(call) + translation.PathOf(call, []));
            }
        }
    }

    [Fact]
    public void Knows_no_address_of_nothing() =>
        Assert.Equal(Addresses.Select(provider => provider.Key).Order(StringComparer.Ordinal), ProviderCatalog.All.Select(provider => provider.Name).Order(StringComparer.Ordinal));
}

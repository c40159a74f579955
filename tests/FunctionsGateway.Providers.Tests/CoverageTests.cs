namespace FunctionsGateway.Providers.Tests;

/// <summary>Every operation that a provider offers is backed by fixtures of every kind, its own or its family's.</summary>
public sealed class CoverageTests
{
    private static readonly ILookup<(string, string), Fixture> ByOperation = Fixture.All.ToLookup(fixture => (fixture.Provider, fixture.Operation));

    public static IEnumerable<object[]> Operations =>
        from provider in ProviderCatalog.All
        from operation in new[] { ("chat", provider.Chat), ("completions", provider.Completions), ("embeddings", provider.Embeddings) }
        where operation.Item2 is not null
        select new object[] { provider.Name, operation.Item1, operation.Item2.Stream is not null };

    [Theory]
    [MemberData(nameof(Operations))]
    public void Has_fixtures_of_every_kind(string provider, string operation, bool streams)
    {
        var fixtures = ByOperation[(provider, operation)].ToList();
        Assert.Contains(fixtures, fixture => fixture.Has("provider-request.json"));
        Assert.Contains(fixtures, fixture => fixture.Has("response.json"));
        Assert.Contains(fixtures, fixture => fixture.Has("error.json"));
        Assert.Contains(fixtures, fixture => fixture.Name.Contains("unknown-fields", StringComparison.Ordinal));
        Assert.Contains(fixtures, fixture => !streams || fixture.Has("chunks.json"));
        Assert.Contains(fixtures, fixture => operation is not "chat" || fixture.Name.Contains("tool", StringComparison.Ordinal));
    }

    [Fact]
    public void Has_no_fixture_without_a_provider() => Assert.All(Fixture.All, fixture => Assert.Equal(fixture.Provider, fixture.Subject.Name));
}

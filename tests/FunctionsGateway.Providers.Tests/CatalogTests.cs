using System.Reflection;

namespace FunctionsGateway.Providers.Tests;

public sealed class CatalogTests
{
    private static IEnumerable<Provider> Declared =>
        from type in typeof(Provider).Assembly.GetTypes()
        from property in type.GetProperties(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        where property.PropertyType == typeof(Provider)
        select (Provider)property.GetValue(null)!;

    [Fact]
    public void Lists_every_provider_that_is_declared() => Assert.Empty(Declared.Except(ProviderCatalog.All).Select(provider => provider.Name));

    [Fact]
    public void Lists_providers_in_alphabetical_order()
    {
        var names = ProviderCatalog.All.Select(provider => provider.Name).ToArray();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Theory]
    [InlineData("OpenAI", "openai")]
    [InlineData("mlflow_model_serving", "mlflow-model-serving")]
    [InlineData("Azure", "azure")]
    [InlineData("Amazon-Bedrock", "bedrock")]
    [InlineData("AMAZON_BEDROCK", "bedrock")]
    [InlineData("vertex-ai", "vertex_ai")]
    public void Finds_a_provider_as_MLflow_matches_names(string name, string found) => Assert.Equal(found, ProviderCatalog.Find(name)?.Name);

    [Fact]
    public void References_nothing_but_the_platform() =>
        Assert.All(typeof(Provider).Assembly.GetReferencedAssemblies(), assembly => Assert.StartsWith("System.", assembly.Name, StringComparison.Ordinal));
}

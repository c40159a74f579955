using System.Text.RegularExpressions;
using FunctionsGateway.Providers;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests;

/// <summary>No provider is named outside its own file and the catalogue: what is true of one stands in its value.</summary>
public sealed partial class ProviderNameTests
{
    /// <summary>Where a name means something else than the provider, or is only shown.</summary>
    private static readonly (string File, string[] Names, string Reason)[] Allowed =
    [
        ("src/FunctionsGateway/Routes/RouteNames.cs", ["openai", "anthropic", "gemini"], "the first segments of the passthrough surfaces, which no route may be called"),
        ("src/FunctionsGateway/Docs/OpenApi/ApiSchemas.cs", ["openai"], "an example in the API's description"),
        ("src/FunctionsGateway.LocalHost/Demo.cs", ["openai"], "the route of the demonstration"),
    ];

    [Fact]
    public void No_provider_is_named_outside_the_workshop() => Assert.Empty(
        from file in Sources("src/FunctionsGateway", "src/FunctionsGateway.App", "src/FunctionsGateway.LocalHost")
        from name in Named(file)
        where !Allowed.Any(allowed => allowed.File == file && allowed.Names.Contains(name))
        select $"{file} names \"{name}\": put what differs into the provider's value (Provider), and read it from there.");

    [Fact]
    public void What_all_providers_share_names_none() => Assert.Empty(
        from file in Sources("src/FunctionsGateway.Providers")
        where !Path.GetDirectoryName(file)!.EndsWith("Shapes", StringComparison.Ordinal)
        let text = Repository.Read(file)
        where !text.Contains("static Provider ", StringComparison.Ordinal)
        from name in Named(file)
        select $"{file} names \"{name}\".");

    [Fact]
    public void Every_exception_is_needed() => Assert.All(Allowed, allowed => Assert.Equal(allowed.Names.Order(), Named(allowed.File).Distinct().Order()));

    private static IEnumerable<string> Named(string file) =>
        from line in Repository.Read(file).Split('\n')
        where !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        from Match literal in Literals().Matches(line)
        let name = literal.Groups[1].Value
        where ProviderCatalog.Find(name) is not null
        select name;

    private static IEnumerable<string> Sources(params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Literals();
}

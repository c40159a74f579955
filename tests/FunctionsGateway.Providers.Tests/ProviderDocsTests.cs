using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary><c>docs/providers.md</c> says what the catalogue says; UPDATE_DOCS=1 writes it anew.</summary>
public sealed class ProviderDocsTests
{
    private static readonly ILookup<string, Fixture> ByProvider = Fixture.All.ToLookup(fixture => fixture.Provider);

    private static string Page { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "docs", "providers.md"));

    public static IEnumerable<object[]> Names => ProviderCatalog.All.Select(provider => new object[] { provider.Name });

    [Fact]
    public void Says_what_the_catalogue_says()
    {
        var text = ProviderDocs.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Page, text);
        }

        Assert.True(File.ReadAllText(Page) == text, "docs/providers.md is out of date. Run: UPDATE_DOCS=1 dotnet test tests/FunctionsGateway.Providers.Tests");
    }

    [Fact]
    public void Tells_of_every_member_that_OpenAI_has_not()
    {
        Assert.Empty(FunctionsGateway.Providers.Shapes.AssistantMembers.Beside.Except(BesideOpenAI.Members.Select(member => member.Name)));
        Assert.All(BesideOpenAI.Members, member => Assert.True(BesideOpenAI.GivenBy(member.Name).Any(), $"No fixture shows '{member.Name}'."));
    }

    [Fact]
    public void Backs_every_yes_with_fixtures()
    {
        var cells = (from line in ProviderDocs.Write().Split('\n')
                     where line.StartsWith("| [`", StringComparison.Ordinal)
                     let parts = line.Split('|', StringSplitOptions.TrimEntries)
                     let name = parts[1].Split('`')[1]
                     from cell in new[] { (Operation: "chat", Says: parts[2]), (Operation: "completions", Says: parts[3]), (Operation: "embeddings", Says: parts[4]) }
                     where cell.Says.StartsWith("yes", StringComparison.Ordinal)
                     select (name, cell.Operation, Streams: cell.Says.Contains("streams", StringComparison.Ordinal))).ToList();

        Assert.Equal(ProviderCatalog.All.Sum(p => new[] { p.Chat, p.Completions, p.Embeddings }.Count(o => o is not null)), cells.Count);
        var bare = from cell in cells
                   let fixtures = ByProvider[cell.name].Where(fixture => fixture.Operation == cell.Operation).ToList()
                   where !fixtures.Any(fixture => fixture.Has("provider-request.json")) || !fixtures.Any(fixture => fixture.Has("response.json"))
                       || (cell.Streams && !fixtures.Any(fixture => fixture.Has("chunks.json")))
                   select cell;
        Assert.Empty(bare);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backs_every_kind_of_credential_with_a_fixture(string name)
    {
        // A family's fixtures are run without their configuration, so they show nothing of a member's credentials.
        var shown = ByProvider[name].Where(fixture => !fixture.IsGuest).Select(fixture => fixture.Read("provider-call.json")?["credential"]?.GetValue<string>())
            .OfType<string>().Select(credential => ProviderDocs.Kind(credential.Split(' ')[0])).ToHashSet();
        Assert.Empty(ProviderDocs.Credentials(ProviderCatalog.Find(name)!).Except(shown));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_a_minimal_route_that_is_valid(string name)
    {
        var provider = ProviderCatalog.Find(name)!;
        var route = ProviderDocs.Minimal(provider);
        Assert.Empty(provider.Config.Validate((JsonObject)route["config"]!));
        Assert.Null(provider.ModelFault?.Invoke(route["name"]!.GetValue<string>(), "llm/v1/" + (provider.Chat is null ? "completions" : "chat")));
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

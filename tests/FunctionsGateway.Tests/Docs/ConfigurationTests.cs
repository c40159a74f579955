using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary>What the documents say of settings and paths, held against the code.</summary>
public sealed partial class ConfigurationTests
{
    private const string File = "docs/configuration.md";
    private const string Begin = "<!-- Made from the options classes; UPDATE_SNAPSHOTS=1 dotnet test tests/FunctionsGateway.Tests writes it. -->\n";
    private const string End = "<!-- End of what is made. -->\n";

    [Fact]
    public void Lists_every_setting_as_the_code_has_it()
    {
        var text = Repository.Read(File);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var table = "| setting | default | meaning |\n|---|---|---|\n"
            + string.Concat(Setting.All.Select(setting => $"| `{setting.Name}` | {(setting.Default.Length > 0 ? $"`{setting.Default}`" : "")} | {setting.Meaning.Replace("|", "\\|", StringComparison.Ordinal)} |\n"));

        Repository.HoldsOrUpdates(File, text[..from] + table + text[to..]);
    }

    [Fact]
    public void Explains_every_value_of_the_sample()
    {
        var explained = Repository.Read("README.md") + Repository.Read(File);

        foreach (var (name, _) in JsonNode.Parse(Repository.Read("local.settings.sample.json"))!["Values"]!.AsObject())
        {
            Assert.True(explained.Contains($"`{name}`", StringComparison.Ordinal), $"'{name}' of local.settings.sample.json is explained nowhere.");
        }
    }

    [Fact]
    public void Names_no_setting_that_nothing_reads()
    {
        var known = Setting.All.Select(setting => setting.Name).ToList();

        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Append(Repository.PathOf("README.md")))
        {
            foreach (var name in Name().Matches(System.IO.File.ReadAllText(file)).Select(match => match.Value))
            {
                Assert.True(known.Any(setting => setting.StartsWith(name, StringComparison.Ordinal)), $"{Path.GetFileName(file)} names '{name}', which no options class has.");
            }
        }
    }

    [Fact]
    public void Leads_nowhere_that_is_missing()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Append(Repository.PathOf("README.md")))
        {
            foreach (var target in Link().Matches(System.IO.File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            {
                var path = Path.Combine(Path.GetDirectoryName(file)!, target.Split('#')[0]);
                Assert.True(Path.Exists(path), $"{Path.GetFileName(file)} leads to '{target}', which does not exist.");
            }
        }
    }

    // What others say: the platform, its tools.
    private static readonly string[] ForeignWords = ["No job functions found", "VaultAlreadyExists", "AuthorizationFailed", "roleAssignments/write", "RateLimit", "…/invocations", "func start", "func", "azd up"];

    [Fact]
    public void Quotes_messages_as_they_are()
    {
        var said = string.Concat(new[] { "src", "eng", "infra" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".targets" or ".sh" or ".bicep").Select(System.IO.File.ReadAllText));

        foreach (var quoted in Repository.Read("docs/troubleshooting.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => Code().Matches(line.Split(" | ")[0]).Select(match => match.Groups[1].Value)).Except(ForeignWords))
        {
            foreach (var part in quoted.Split('…').Select(part => part.Trim(' ', '\'', '.')).Where(part => part.Length > 4))
            {
                Assert.True(said.Contains(part, StringComparison.Ordinal), $"docs/troubleshooting.md quotes '{part}', which nothing says: write there what is said now.");
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"Gateway__[A-Z]\w*[a-z]")]
    private static partial Regex Name();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)\s]+)\)")]
    private static partial Regex Link();
}

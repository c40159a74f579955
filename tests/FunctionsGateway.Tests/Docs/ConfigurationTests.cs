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
    public void Explains_every_value_of_the_sample_in_the_README()
    {
        var readme = Repository.Read("README.md");
        var sample = JsonNode.Parse(Repository.Read("local.settings.sample.json"))!;
        var rows = readme.Split('\n').SkipWhile(line => line != "| value | in the sample | meaning |").Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|').Skip(1).Select(cell => cell.Trim()).ToArray()).ToArray();
        var values = sample["Values"]!.AsObject().Select(value => ($"`{value.Key}`", (string)value.Value!)).Append(("`LocalHttpPort` (of `Host`)", $"{sample["Host"]!["LocalHttpPort"]}"))
            .Select(value => (value.Item1, value.Item2.Length > 0 ? $"`{value.Item2}`" : ""));

        Assert.Equal(values, rows.Select(row => (row[0], row[1])));
        Assert.All(rows, row => Assert.True(row[2].Length > 10, $"{row[0]} is not explained."));
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

    [Fact]
    public void Is_found_from_the_README()
    {
        var readme = Repository.Read("README.md");

        Assert.Equal([], Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Select(file => $"](docs/{Path.GetFileName(file)})").Where(link => !readme.Contains(link, StringComparison.Ordinal)));
    }

    // What others say: the platform, its tools.
    private static readonly string[] ForeignWords = ["No job functions found", "VaultAlreadyExists", "AuthorizationFailed", "roleAssignments/write", "RateLimit", "…/invocations", "func start", "func", "azd up"];

    [Fact]
    public void Quotes_messages_as_they_are()
    {
        var said = string.Concat(new[] { "src", "eng", "infra" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".targets" or ".sh" or ".ps1" or ".bicep").Select(System.IO.File.ReadAllText));

        foreach (var quoted in Repository.Read("docs/troubleshooting.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => Code().Matches(line.Split(" | ")[0]).Select(match => match.Groups[1].Value)).Except(ForeignWords))
        {
            foreach (var part in quoted.Split('…').Select(part => part.Trim(' ', '\'', '.')).Where(part => part.Length > 4))
            {
                Assert.True(said.Contains(part, StringComparison.Ordinal), $"docs/troubleshooting.md quotes '{part}', which nothing says: write there what is said now.");
            }
        }
    }

    [Fact]
    public void Names_no_metric_and_no_log_line_that_nothing_writes()
    {
        var said = string.Concat(Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories).Select(System.IO.File.ReadAllText));
        var found = 0;
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md").Append(Repository.PathOf("README.md")))
        {
            foreach (var name in System.IO.File.ReadLines(file).SelectMany(line => Code().Matches(line)).Select(match => match.Groups[1].Value).Where(name => Metric().IsMatch(name)))
            {
                found++;
                Assert.True(said.Contains($"\"{(name.StartsWith('.') ? "gateway.limits" : "")}{name}\"", StringComparison.Ordinal), $"{Path.GetFileName(file)} names '{name}', which nothing measures.");
            }
        }

        foreach (var line in Repository.Read("docs/operations.md").Split('\n').Where(line => line.Contains("| `traces` |", StringComparison.Ordinal)))
        {
            foreach (var part in Code().Matches(line.Split(" | ")[0]).SelectMany(match => match.Groups[1].Value.Split('…')).Select(part => part.Trim()).Where(part => part.Length > 4))
            {
                found++;
                Assert.True(said.Contains(part, StringComparison.Ordinal), $"docs/operations.md waits for '{part}', which nothing logs.");
            }
        }

        Assert.True(found > 15, "The patterns of this test find too little.");
    }

    [Fact]
    public void Has_an_entry_for_every_code_status_and_failed_start()
    {
        var text = Repository.Read("docs/troubleshooting.md");
        var sources = Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories).Select(System.IO.File.ReadAllText).ToArray();
        var codes = sources.SelectMany(source => AnswerCode().Matches(source)).Select(match => match.Groups[1].Value).Distinct().ToArray();
        var starts = sources.SelectMany(source => FailedStart().Matches(source)).Select(match => Hole().Split(match.Groups[1].Value).MaxBy(part => part.Length)!.Split(';')[0].Trim(' ', '.', '\'', '(', ')', ':')).ToArray();

        Assert.True(codes.Length > 20 && starts.Length > 8, "The patterns of this test find too little.");
        Assert.Equal([], codes.Where(code => !text.Contains($"\n| `{code}` |", StringComparison.Ordinal)));
        Assert.Equal([], starts.Where(start => !text.Contains(start, StringComparison.Ordinal)));
        Assert.Equal([], ((string[])["400", "401", "403", "404", "409", "412", "413", "422", "429", "500", "501", "502", "503", "504"]).Where(status => !text.Contains($"\n| {status}", StringComparison.Ordinal)));
    }

    [GeneratedRegex("\\bCode = \"([a-z_]+)\"")]
    private static partial Regex AnswerCode();

    [GeneratedRegex("new (?:StartException|AzuriteUnavailableException)\\(\\$?\"([^\"]+)\"")]
    private static partial Regex FailedStart();

    [GeneratedRegex("{[^}]*(?:}|$)")]
    private static partial Regex Hole();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    // A semantic convention's name, or a meter's; files are named differently.
    [GeneratedRegex(@"^(gen_ai|gateway|http|server|error)(\.[a-z_]+)+$|^\.[a-z]+[a-z_.]*$")]
    private static partial Regex Metric();

    [GeneratedRegex(@"Gateway__[A-Z]\w*[a-z]")]
    private static partial Regex Name();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)\s]+)\)")]
    private static partial Regex Link();
}

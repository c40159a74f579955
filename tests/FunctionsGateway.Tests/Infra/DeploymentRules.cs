using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary>What no compiler would say: the deployment against the gateway that it deploys.</summary>
internal static partial class DeploymentRules
{
    /// <summary>The parameters file gives what main.bicep has, and all that it needs.</summary>
    public static IEnumerable<string> Parameters(Infrastructure infra)
    {
        var given = JsonNode.Parse(infra.All["main.parameters.json"])!["parameters"]!.AsObject();
        var known = infra["main.bicep"].Parameters;
        return given.Select(parameter => parameter.Key).Except(known.Keys).Select(name => $"main.parameters.json: main.bicep has no parameter '{name}'.")
            .Concat(known.Keys.Except(given.Select(parameter => parameter.Key)).Select(name => $"main.parameters.json lacks '{name}', so nobody can set it."));
    }

    /// <summary>Every setting of the gateway can be set, and every setting that is set is read.</summary>
    public static IEnumerable<string> Settings(Infrastructure infra)
    {
        var set = SetBy(infra["app.bicep"]).Select(setting => setting.Name).ToList();
        var chosen = JsonNode.Parse(infra.All["settings.json"])!.AsObject().Select(setting => setting.Key).ToList();
        var read = Setting.All.Select(setting => setting.Name).Concat(StorageSettings()).ToHashSet();

        foreach (var name in set.Concat(chosen).Where(name => !read.Contains(name) && !AzureFacts.PlatformSettings.Contains(name)))
        {
            yield return $"'{name}' is set, but neither an options class nor the platform reads it.";
        }

        foreach (var name in set.Intersect(chosen))
        {
            yield return $"'{name}' is set by app.bicep and by settings.json.";
        }

        foreach (var name in Setting.All.Select(setting => setting.Name).Except(set).Except(chosen))
        {
            yield return $"'{name}' is an option that the deployment cannot set. UPDATE_SNAPSHOTS=1 adds it to infra/settings.json.";
        }
    }

    /// <summary>Every table that the gateway opens is made.</summary>
    public static IEnumerable<string> Tables(Infrastructure infra)
    {
        var made = infra["storage.bicep"].Root.All("variable_declaration").Single(node => node.Children[0].Text == "tables").All("string").Select(node => node.Unquoted()).ToHashSet();
        var opened = Directory.EnumerateFiles(Repository.PathOf("src/FunctionsGateway"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => OpenedTable().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToHashSet();
        return opened.Except(made).Select(table => $"storage.bicep does not make the table '{table}'.");
    }

    /// <summary>No file holds anything that looks like a key.</summary>
    public static IEnumerable<string> Secrets(Infrastructure infra) => infra.All.SelectMany(
        file => SecretLike().Matches(file.Value).Select(match => $"{file.Key}: '{match.Value[..Math.Min(12, match.Value.Length)]}…' looks like a secret."));

    /// <summary>host.json is one that the host takes and that the gateway can live with.</summary>
    public static IEnumerable<string> Host(string text)
    {
        JsonObject host;
        string? broken = null;
        try
        {
            host = JsonNode.Parse(text)!.AsObject();
        }
        catch (JsonException fault)
        {
            host = [];
            broken = fault.Message;
        }

        if (broken is not null)
        {
            return [$"host.json is no JSON: {broken}"];
        }

        var http = host["extensions"]?["http"];
        return new (bool Holds, string Fault)[]
        {
            ((string?)host["version"] == "2.0", "version must be '2.0'."),
            (host.All(member => member.Key is "version" or "functionTimeout" or "telemetryMode" or "extensions" or "logging"), "a member that the host does not know or that a compiled app may not have."),
            (host["telemetryMode"] is null, "with telemetryMode OpenTelemetry the host ignores logging.applicationInsights, and the worker exports nothing of its own."),
            (host["logging"]?["applicationInsights"]?["samplingSettings"]?["isEnabled"]?.GetValue<bool>() == true, "without sampling, telemetry costs more than all else."),
            ((string?)host["logging"]?["logLevel"]?["Host.Results"] == "Information", "Host.Results must be Information: each call's row in requests comes from it."),
            ((string?)host["logging"]?["logLevel"]?["default"] == "Warning" && host["logging"]?["logLevel"]?["Function"] is null, "below Warning the host writes two lines for each call."),
            (TimeSpan.TryParse((string?)host["functionTimeout"], out var timeout) && timeout > new DeadlineSettings().StreamLongest, "functionTimeout must outlast the longest stream."),
            ((string?)http?["routePrefix"] == "", "routePrefix must be empty: clients' paths are given."),
            ((int?)http?["maxOutstandingRequests"] == -1 && (int?)http?["maxConcurrentRequests"] == -1, "the host must not answer 429 by itself."),
            (http?["dynamicThrottlesEnabled"]?.GetValue<bool>() == false, "the host must not throttle by itself."),
        }.Where(rule => !rule.Holds).Select(rule => $"host.json: {rule.Fault}");
    }

    /// <summary>settings.json as the options now are: known values stay, new settings are null, which is their default.</summary>
    public static string SettingsFile(Infrastructure infra)
    {
        var kept = infra.All.TryGetValue("settings.json", out var text) ? JsonNode.Parse(text)!.AsObject() : [];
        var set = SetBy(infra["app.bicep"]).Select(setting => setting.Name).ToHashSet();
        var lines = Setting.All.Where(setting => !set.Contains(setting.Name))
            .Select(setting => $"  \"{setting.Name}\": {kept[setting.Name]?.ToJsonString() ?? "null"}");
        return $"{{\n{string.Join(",\n", lines)}\n}}\n";
    }

    /// <summary>The settings that a file sets by name, and their values.</summary>
    public static IEnumerable<(string Name, BicepNode Value)> SetBy(BicepFile app) => app.Root.All("object")
        .Where(node => node.Children.Count == 2 && node.Property("value") is not null && node.Property("name") is { IsLiteral: true })
        .Select(node => (node.Property("name")!.Unquoted(), node.Property("value")!));

    // The connection is read by hand, not by an options class: its parts are the section's names in the code.
    private static IEnumerable<string> StorageSettings() => SectionPart().Matches(Repository.Read("src/FunctionsGateway/Storage/StorageConnection.cs"))
        .Select(match => $"GatewayStorage__{match.Groups[1].Value}").Append("GatewayStorage");

    [GeneratedRegex("""GetTableClient\("(\w+)"\)""")]
    private static partial Regex OpenedTable();

    [GeneratedRegex("""section\["(\w+)"\]""")]
    private static partial Regex SectionPart();

    [GeneratedRegex("""AccountKey=|SharedAccessSignature|SharedAccessKey|[?&](sig|code)=|\bsk-[A-Za-z0-9_-]{12,}|\b(gsk|gh[opsur]|hf|r8)_\w{12,}|\bAIza[\w-]{20,}|\b[0-9a-f]{32,}\b|fgw_\w+|listKeys|listAccountSas|publishingPassword|password\s*[:=]\s*['"]\S|(?<![A-Za-z0-9/+])(?=[A-Za-z/+]*[0-9])(?=[0-9a-z/+]*[A-Z])[A-Za-z0-9/+]{40,}={0,2}""", RegexOptions.IgnoreCase)]
    private static partial Regex SecretLike();
}

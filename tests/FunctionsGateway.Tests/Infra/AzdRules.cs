using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace FunctionsGateway.Tests.Infra;

/// <summary>What azd itself would stumble over: its file, its hooks, and the names that pass between them and the Bicep files.</summary>
internal static partial class AzdRules
{
    // What azd gives every hook, and what only the tests set.
    private static readonly string[] GivenByAzd = ["AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE", "AZURE_SUBSCRIPTION_ID", "GATEWAY_VAULT_TRIES", "GATEWAY_VAULT_WAIT"];

    /// <summary>One project, hooks for both shells that exist, and a person who reads what they say.</summary>
    public static IEnumerable<string> Hooks(Infrastructure infra)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(infra.All["azure.yaml"]));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        var service = (YamlMappingNode)root["services"]["api"];
        if ((service["language"].ToString(), service["host"].ToString(), service["project"].ToString()) != ("dotnet", "function", "./src/FunctionsGateway.App"))
        {
            yield return "azure.yaml: the service is the .NET function app in src/FunctionsGateway.App.";
        }

        if (!Version.TryParse(root["requiredVersions"]["azd"].ToString().Replace(">= ", "", StringComparison.Ordinal), out var least) || least < new Version(1, 24, 0))
        {
            yield return "azure.yaml: azd 1.23.15 refuses scripts above the service's folder, so 1.24.0 is the least.";
        }

        var here = Levels(root, service).SelectMany(level => level.Hooks, (level, hook) => (level.Folder, level.IsService, Name: hook.Key.ToString(), Shells: (YamlMappingNode)hook.Value)).ToList();
        foreach (var (folder, isService, name, shells) in here)
        {
            foreach (var (system, shell, ending) in new[] { ("posix", "sh", "sh"), ("windows", "pwsh", "ps1") })
            {
                if (!shells.Children.TryGetValue(system, out var node) || node is not YamlMappingNode hook || hook["shell"].ToString() != shell)
                {
                    yield return $"azure.yaml: {name} has no {shell} script for {system}.";
                    continue;
                }

                var path = new Uri(new Uri($"file:///{folder}"), hook["run"].ToString()).AbsolutePath.TrimStart('/');
                if (path != $"infra/hooks/{name}.{ending}" || !infra.All.TryGetValue(path["infra/".Length..], out var script))
                {
                    yield return $"azure.yaml: {name} runs '{path}', which is not its script.";
                    continue;
                }

                var speaks = Speaks().IsMatch(script);
                if (speaks && !(hook.Children.TryGetValue("interactive", out var interactive) && interactive.ToString() == "true"))
                {
                    yield return $"azure.yaml: {name} speaks, so it is interactive for {system}; else azd throws away what it says.";
                }

                if (speaks && isService)
                {
                    yield return $"azure.yaml: {name} speaks, so it is the project's and not a service's, whose output azd's own progress writes over.";
                }
            }
        }

        foreach (var script in infra.All.Keys.Where(file => file.StartsWith("hooks/", StringComparison.Ordinal) && !here.Any(hook => file.StartsWith($"hooks/{hook.Name}.", StringComparison.Ordinal))))
        {
            yield return $"azure.yaml: nothing runs {script}.";
        }
    }

    /// <summary>A hook reads what Bicep gives, azd gives, or a person may set; and what a hook sets is a parameter.</summary>
    public static IEnumerable<string> Names(Infrastructure infra)
    {
        var parameters = Variables(infra).Select(parameter => parameter.Variable).ToHashSet();
        var known = parameters.Concat(infra["main.bicep"].Outputs).Concat(GivenByAzd).ToHashSet();
        var hooks = infra.All.Where(file => file.Key.StartsWith("hooks/", StringComparison.Ordinal)).ToList();
        var unknown = hooks.SelectMany(hook => Variable().Matches(hook.Value).Select(match => match.Value).Distinct().Where(name => !known.Contains(name))
            .Select(name => $"{hook.Key} reads '{name}', which neither azd, an output of main.bicep nor main.parameters.json gives."));
        var unset = hooks.SelectMany(hook => SetVariable().Matches(hook.Value).Select(match => match.Groups[1].Value).Distinct().Where(name => !parameters.Contains(name))
            .Select(name => $"{hook.Key} sets '{name}', which main.parameters.json does not read."));
        var asked = Variable().Matches(infra.All["docs/deployment.md"]).Select(match => match.Value).Distinct().Where(name => !known.Contains(name))
            .Select(name => $"docs/deployment.md names '{name}', which nothing gives or reads.");
        return unknown.Concat(unset).Concat(asked);
    }

    /// <summary>A default is the same in main.bicep, in the parameters file and on the page, and the page has every variable.</summary>
    public static IEnumerable<string> Defaults(Infrastructure infra)
    {
        var page = Row().Matches(infra.All["docs/deployment.md"]).ToDictionary(match => match.Groups[1].Value, match => (Default: match.Groups[2].Value.Trim(), Meaning: match.Groups[3].Value));
        var declared = infra["main.bicep"].Root.Children.Where(node => node.Type == "parameter_declaration").ToDictionary(node => node.Children[0].Text);
        foreach (var (parameter, variable, inFile) in Variables(infra).Where(parameter => declared.ContainsKey(parameter.Parameter)))
        {
            var inBicep = DeclaredDefault().Match(declared[parameter].Text).Groups[1].Value.Trim('\'');
            if (inFile != inBicep && parameter != "principalType")
            {
                yield return $"'{parameter}' is {inBicep} in main.bicep and {inFile} in main.parameters.json.";
            }

            var isSetByHook = infra.All["hooks/preprovision.sh"].Contains($"env set {variable}", StringComparison.Ordinal);
            if (!variable.StartsWith("GATEWAY_", StringComparison.Ordinal) || isSetByHook)
            {
                continue;
            }

            if (!page.TryGetValue(variable, out var row))
            {
                yield return $"docs/deployment.md does not list '{variable}'.";
            }
            else if (row.Default != inBicep)
            {
                yield return $"docs/deployment.md says that '{variable}' is {row.Default}; main.bicep says {inBicep}.";
            }
        }
    }

    /// <summary>The routes file goes one way: hook, build, package, setting.</summary>
    public static IEnumerable<string> RoutesFile(Infrastructure infra)
    {
        var link = LinkedRoutes().Match(infra.All["src/FunctionsGateway.App/FunctionsGateway.App.csproj"]);
        foreach (var hook in new[] { "hooks/prepackage.sh", "hooks/prepackage.ps1" })
        {
            var laid = LaidRoutes().Match(infra.All[hook]).Groups[1].Value;
            if (laid != link.Groups[1].Value)
            {
                yield return $"{hook} lays the routes file at '{laid}'; the app's project takes '{link.Groups[1].Value}'.";
            }
        }

        if (!infra.All["app.bicep"].Contains($"value: '/home/site/wwwroot/{link.Groups[2].Value}'", StringComparison.Ordinal))
        {
            yield return $"app.bicep: Gateway__ConfigPath is not where the package has '{link.Groups[2].Value}'.";
        }
    }

    private static IEnumerable<(string Folder, bool IsService, YamlMappingNode Hooks)> Levels(YamlMappingNode root, YamlMappingNode service)
    {
        yield return ("", false, (YamlMappingNode)root["hooks"]);
        yield return (service["project"].ToString()[2..] + "/", true, (YamlMappingNode)service["hooks"]);
    }

    private static IEnumerable<(string Parameter, string Variable, string Default)> Variables(Infrastructure infra) =>
        JsonNode.Parse(infra.All["main.parameters.json"])!["parameters"]!.AsObject()
            .Select(parameter => (parameter.Key, Match: Substituted().Match((string)parameter.Value!["value"]!))).Where(parameter => parameter.Match.Success)
            .Select(parameter => (parameter.Key, parameter.Match.Groups[1].Value, parameter.Match.Groups[2].Value));

    // Errors end the run and are shown in any case.
    [GeneratedRegex(@"^\s*(?:echo (?!.*>&2)(?!""?\$(?:name|found)"" \|)|cat <<|Write-(?:Output|Warning))", RegexOptions.Multiline)]
    private static partial Regex Speaks();

    [GeneratedRegex(@"\b(?:AZURE|GATEWAY|SERVICE)_[A-Z_]+[A-Z]\b")]
    private static partial Regex Variable();

    [GeneratedRegex(@"azd env set ([A-Z_]+)")]
    private static partial Regex SetVariable();

    [GeneratedRegex(@"^\$\{(\w+)=?(.*)\}$")]
    private static partial Regex Substituted();

    [GeneratedRegex(@"^param \w+ \w+ = (.+)$", RegexOptions.Multiline)]
    private static partial Regex DeclaredDefault();

    [GeneratedRegex(@"^\| `(GATEWAY_\w+)` \|([^|]*)\|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("""Include="../../([^"]+routes[^"]*)" Link="([^"]+)".*?CopyToPublishDirectory="PreserveNewest""", RegexOptions.Singleline)]
    private static partial Regex LinkedRoutes();

    [GeneratedRegex(@"(?:cp ""\$file""|Copy-Item -Force \$file) (\S+)")]
    private static partial Regex LaidRoutes();
}

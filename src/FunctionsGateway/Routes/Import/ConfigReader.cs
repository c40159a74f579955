using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes.Validation;
using YamlDotNet.Core;

namespace FunctionsGateway.Routes.Import;

/// <summary>Reads MLflow's configuration file in all of its spellings (spec/mlflow-gen12.md §4), and names every fault with its line.</summary>
internal sealed class ConfigReader(RouteValidator validator, TrafficRouteReader traffic, TimeProvider time)
{
    /// <summary>What the file asks for.</summary>
    /// <param name="path">Its path, for the sentences.</param>
    /// <param name="text">Its content.</param>
    public ConfigFile Read(string path, string text)
    {
        YamlText yaml;
        try
        {
            yaml = YamlText.Read(text);
        }
        catch (YamlException fault)
        {
            return ConfigFile.Faulty(new ConfigRemark(Line(text, fault), $"The file at {path} is not a valid yaml file: {fault.Message}"));
        }

        return yaml.Root is JsonObject root ? Read(yaml, root) : ConfigFile.Faulty(new ConfigRemark(1, Invalid("the file should be a mapping with 'endpoints'")));
    }

    private ConfigFile Read(YamlText yaml, JsonObject root)
    {
        var found = new List<Fault>();
        var faults = new List<ConfigRemark>();
        var warnings = new List<string>();
        var file = new Fields(root, ["body"], found);
        var endpoints = file.List("endpoints", isRequired: root["routes"] is null) ?? [];
        var routes = file.List("routes") ?? [];
        var early = routes.Where(entry => !entry.Has("destinations")).ToArray();

        var entries = new List<ConfigEntry>();
        foreach (var entry in endpoints.Concat(early))
        {
            if (validator.Read(entry, new RouteSource(IsFile: true, endpoints.Contains(entry) ? "endpoint_type" : "route_type")) is { } draft)
            {
                entries.Add(new ConfigEntry(draft.ToRoute(time.GetUtcNow()), yaml.Line(entry.Location.Skip(1))));
            }
        }

        foreach (var entry in routes.Except(early))
        {
            if (traffic.Read(entry, entries) is { } route)
            {
                entries.Add(new ConfigEntry(route, yaml.Line(entry.Location.Skip(1))));
            }
        }

        if (early.Length > 0)
        {
            warnings.Add(Deprecated("routes", "endpoints"));
        }

        if (endpoints.Concat(early).Any(entry => entry.Has("route_type")))
        {
            warnings.Add(Deprecated("route_type", "endpoint_type"));
        }

        warnings.AddRange(entries.Where(entry => RouteNames.IsReserved(entry.Route.Name))
            .Select(entry => $"The name '{entry.Route.Name}' (line {entry.Line}) is also one of the gateway's own paths; some of its addresses may not reach it."));

        warnings.AddRange(entries.Where(entry => OptionWarnings.Of(entry.Route.Options) is not null)
            .Select(entry => $"The entry '{entry.Route.Name}' (line {entry.Line}): {OptionWarnings.Of(entry.Route.Options)}"));

        faults.AddRange(found.Select(fault => new ConfigRemark(yaml.Line(fault.Location.Skip(1)), Invalid(fault.ToString()))));
        faults.AddRange(Duplicates(yaml, [.. endpoints, .. routes], root["endpoints"] is null, early.Length < routes.Count));
        return faults.Count > 0
            ? new ConfigFile([], [.. faults.OrderBy(fault => fault.Line)], warnings)
            : new ConfigFile([.. entries.Select((entry, place) => entry with { Route = entry.Route with { Sequence = place + 1 } })], [], warnings);
    }

    private static IEnumerable<ConfigRemark> Duplicates(YamlText yaml, IReadOnlyList<Fields> entries, bool areRoutes, bool hasTrafficRoutes)
    {
        var (one, many) = hasTrafficRoutes ? ("endpoint / route", "endpoints / routes") : areRoutes ? ("route", "route endpoints") : ("endpoint", "endpoints");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.Json["name"] is JsonValue value && value.TryGetValue(out string? name) && !seen.Add(name))
            {
                yield return new ConfigRemark(
                    yaml.Line([.. entry.Location.Skip(1), "name"]),
                    $"Duplicate names found in {one} configurations. Please remove the duplicate {one} name from the configuration to ensure that {many} are created properly. ('{name}')");
            }
        }
    }

    // The parser reports a tab, MLflow's own example of a bad file, at the token before it, and a sudden end on the line after the last.
    private static long Line(string text, YamlException fault)
    {
        var lines = text.Split('\n');
        var tab = Array.FindIndex(lines, line => line.TrimStart(' ').StartsWith('\t'));
        return tab >= 0 ? tab + 1 : Math.Min(fault.End.Line, lines.Length);
    }

    private static string Deprecated(string old, string current) =>
        $"The '{old}' configuration key has been deprecated and will be removed in an upcoming release. Use '{current}' instead.";

    private static string Invalid(string why) => $"The gateway configuration is invalid: {why}";
}

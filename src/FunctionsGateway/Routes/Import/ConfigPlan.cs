namespace FunctionsGateway.Routes.Import;

/// <summary>What must be changed so that the store holds what a file asks for.</summary>
/// <param name="Batches">What is written together; additions and changes first, endpoints before the traffic routes that name them, removals last.</param>
/// <param name="Clashes">The names that others own; when there is any, nothing is written.</param>
internal sealed record ConfigPlan(IReadOnlyList<IReadOnlyList<RouteEdit>> Batches, IReadOnlyList<ConfigRemark> Clashes)
{
    // With the version row and the import's own row, a transaction has at most 100 rows; it may take 4 MiB.
    private const int MostRows = 98;
    private const int MostCharacters = 1_000_000;
    private const int RowOverhead = 1_000;

    /// <summary>The plan.</summary>
    /// <param name="file">What is asked for.</param>
    /// <param name="source">Whose rows may be changed and removed.</param>
    /// <param name="stored">Every row, removed ones included.</param>
    public static ConfigPlan Of(ConfigFile file, string source, IReadOnlyCollection<RouteChange> stored)
    {
        var rows = stored.ToDictionary(row => row.Name, StringComparer.Ordinal);
        var clashes = new List<ConfigRemark>();
        var edits = new List<RouteEdit>();
        foreach (var entry in file.Entries)
        {
            var row = rows.GetValueOrDefault(entry.Route.Name);
            if (row?.Route is { } other && other.Source != source)
            {
                clashes.Add(new ConfigRemark(entry.Line, $"The name '{other.Name}' is taken by a route that {(other.Source is null ? "was made through the API" : $"comes from the configuration source '{other.Source}'")}."));
            }
            else if (Edit(entry, source, row) is { } edit)
            {
                edits.Add(edit);
            }
        }

        var asked = file.Entries.Select(entry => entry.Route.Name).ToHashSet(StringComparer.Ordinal);
        edits.AddRange(stored.Where(row => row.Route?.Source == source && !asked.Contains(row.Name)).Select(row => new RouteEdit(row.Name, null, row.ETag)));
        return clashes.Count > 0 ? new ConfigPlan([], clashes) : new ConfigPlan([.. Split(edits)], []);
    }

    private static RouteEdit? Edit(ConfigEntry entry, string source, RouteChange? row)
    {
        // Who writes the file is the operator: its keys may go to the hosts that it names.
        var asked = entry.Route with { Source = source, Targets = [.. entry.Route.Targets.Select(target => target with { IsOperators = true })] };
        if (row?.Route is not { } stored)
        {
            return new RouteEdit(asked.Name, asked, row?.ETag, LimitsChanged: true);
        }

        var keepsLimits = stored.LimitsSetByApi;
        var changed = asked with
        {
            Id = stored.Id,
            Targets = [.. asked.Targets.Select((target, place) => Known(target, stored.Targets.ElementAtOrDefault(place)))],
            Limits = keepsLimits ? stored.Limits : asked.Limits,
            TokenLimits = keepsLimits ? stored.TokenLimits : asked.TokenLimits,
            LimitsSetByApi = stored.LimitsSetByApi,
            LimitsVersion = stored.LimitsVersion,
            Created = stored.Created,
        };
        var isLimitsChange = !changed.Limits.SequenceEqual(stored.Limits) || !changed.TokenLimits.SequenceEqual(stored.TokenLimits);
        return RouteJson.WriteEssence(changed) == RouteJson.WriteEssence(stored) ? null : new RouteEdit(changed.Name, changed, row.ETag, isLimitsChange);
    }

    private static Target Known(Target asked, Target? stored) => stored is null ? asked : asked with
    {
        Id = stored.Id,
        DefinitionId = stored.DefinitionId,
        SecretId = asked.SecretId is null ? null : stored.SecretId ?? asked.SecretId,
    };

    private static IEnumerable<IReadOnlyList<RouteEdit>> Split(List<RouteEdit> edits)
    {
        var batch = new List<RouteEdit>();
        var characters = 0;
        foreach (var edit in edits)
        {
            var length = RowOverhead + (edit.Route is null ? 0 : RouteJson.Write(edit.Route).Length);
            if (batch.Count > 0 && (batch.Count == MostRows || characters + length > MostCharacters))
            {
                yield return batch;
                (batch, characters) = ([], 0);
            }

            batch.Add(edit);
            characters += length;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}

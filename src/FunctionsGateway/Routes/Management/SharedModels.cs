namespace FunctionsGateway.Routes.Management;

/// <summary>Gives the model definition and the secret of an older generation's route rows of their own, as soon as another endpoint uses them: from then on they
/// are what the third generation's words say they are, whatever the older ones do to the route.</summary>
internal static class SharedModels
{
    /// <summary>The edits for those among <paramref name="definitions"/> that have no row yet and belong to another endpoint than <paramref name="endpointId"/>.</summary>
    public static IEnumerable<RouteEdit> Edits(Shelf shelf, IEnumerable<string> definitions, string endpointId)
    {
        var owners = definitions.Select(shelf.Model).Where(model => model.ETag.Length == 0)
            .GroupBy(model => shelf.Endpoints.First(row => row.Targets.Any(target => target.DefinitionId == model.Id)));
        // What the configuration file says stays the file's: others get a copy.
        return owners.Where(owner => owner.Key.Id != endpointId && owner.Key.Source is null).SelectMany(owner => Edits(shelf, owner.Key, [.. owner]));
    }

    /// <summary><paramref name="edits"/>, after which a model definition with a row of its own, or of another endpoint, uses the secret: that gets a row too, should it
    /// be an older generation's route's so far.</summary>
    public static IReadOnlyList<RouteEdit> WithSecret(Shelf shelf, string? secretId, IReadOnlyList<RouteEdit> edits)
    {
        if (secretId is null || shelf.Secret(secretId) is not { ETag.Length: 0 } secret)
        {
            return edits;
        }

        var owners = shelf.Endpoints.Where(row => row.Targets.Any(target => target.SecretId == secretId)).ToArray();
        // What the configuration file says stays the file's: others get a copy.
        if (owners.All(owner => owner.Source is not null))
        {
            return edits;
        }

        var row = RowOf(secret, shelf.Secrets.Where(other => other.Id != secretId));
        return
        [
            .. edits.Select(edit => edit with { Route = edit.Route is { Kind: RowKind.Route } route ? Marked(route) : edit.Route }),
            .. owners.Where(owner => owner.Source is null && edits.All(edit => edit.Name != owner.Name)).Select(owner => new RouteEdit(owner.Name, Marked(owner), owner.ETag)),
            new RouteEdit(row.Name, row, ETag: null),
        ];

        GatewayRoute Marked(GatewayRoute route) =>
            route with { Targets = [.. route.Targets.Select(target => target.SecretId == secretId ? target with { IsShared = true } : target)] };
    }

    /// <summary>The rows of <paramref name="definitions"/>, and of the secrets that they use, as they are: who copies from them writes them too, on their ETags, so that
    /// a change that was made meanwhile is not lost on the copy.</summary>
    public static IEnumerable<RouteEdit> Held(Shelf shelf, IEnumerable<string> definitions) =>
        definitions.Distinct().Select(shelf.Model).SelectMany(model => Held(model).Concat(HeldSecret(shelf, model.Targets[0].SecretId))).DistinctBy(edit => edit.Name);

    /// <summary>The secret's row as it is, as <see cref="Held(Shelf, IEnumerable{string})"/> does.</summary>
    public static IEnumerable<RouteEdit> HeldSecret(Shelf shelf, string? secretId) =>
        shelf.Secrets.FirstOrDefault(row => row.Id == secretId) is { } secret ? Held(secret) : [];

    private static IEnumerable<RouteEdit> Held(GatewayRoute row) => row.ETag.Length > 0 ? [new RouteEdit(row.Name, row, row.ETag)] : [];

    /// <summary>The row of a model definition that was only read from its endpoint so far.</summary>
    public static GatewayRoute RowOf(GatewayRoute model, IEnumerable<GatewayRoute> taken) => new()
    {
        Name = FreeName(model.Name, taken),
        Id = model.Id,
        Kind = model.Kind,
        Targets = [.. model.Targets.Select(target => target with { IsShared = true, IsOperators = false })],
        Created = model.Created,
        Updated = model.Updated,
        Managed = model.Managed,
    };

    private static IEnumerable<RouteEdit> Edits(Shelf shelf, GatewayRoute owner, GatewayRoute[] models)
    {
        var ids = models.Select(model => model.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var model in models)
        {
            var row = RowOf(model with { Managed = null }, shelf.Models.Where(other => other.Id != model.Id));
            yield return new RouteEdit(row.Name, row, ETag: null);
        }

        foreach (var id in models.Select(model => model.Targets[0].SecretId).OfType<string>().Distinct())
        {
            if (shelf.Secret(id) is { ETag.Length: 0 } secret)
            {
                var row = RowOf(secret, shelf.Secrets.Where(other => other.Id != id));
                yield return new RouteEdit(row.Name, row, ETag: null);
            }
        }

        yield return new RouteEdit(
            owner.Name,
            owner with { Targets = [.. owner.Targets.Select(target => ids.Contains(target.DefinitionId) ? target with { IsShared = true } : target)] },
            owner.ETag);
    }

    private static string FreeName(string name, IEnumerable<GatewayRoute> taken)
    {
        var names = taken.Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        var free = name;
        for (var i = 2; names.Contains(free); i++)
        {
            free = $"{name}-{i}";
        }

        return free;
    }
}

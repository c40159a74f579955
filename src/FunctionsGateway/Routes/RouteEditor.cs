using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Limits;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Management;
using FunctionsGateway.Routes.Validation;

namespace FunctionsGateway.Routes;

/// <summary>Creates, replaces, changes and removes routes for callers of the API; what it did is served by this instance at once.</summary>
internal sealed class RouteEditor(IRouteStore store, RouteBook book, RouteValidator validator, Func<string, Provider?> find, RouteKeys keys, TimeProvider time)
{
    /// <summary>Creates the route that <paramref name="body"/> describes.</summary>
    /// <exception cref="GatewayException">400 or 422 for a faulty body, 409 when the name is taken.</exception>
    public async Task<GatewayRoute> CreateAsync(JsonObject body, RouteWords words, CancellationToken cancellation)
    {
        var route = await keys.KeepAsync(Read(body, words, stored: null).ToRoute(time.GetUtcNow()), stored: null, cancellation);
        return (await TryAsync(new RouteEdit(route.Name, route, ETag: null), stored: null, cancellation))?.Route
            ?? throw new GatewayException(409, $"{words.Noun} '{route.Name}' already exists.") { Code = "RESOURCE_ALREADY_EXISTS" };
    }

    /// <summary>Replaces the route; its key and its limits stay where the body gives none.</summary>
    public Task<GatewayRoute> ReplaceAsync(string name, JsonObject body, string? ifMatch, RouteWords words, CancellationToken cancellation) =>
        ChangeAsync(name, ifMatch, words, stored => Read(SameLimits.In(Named(body, name), Single(stored, words)), words, stored).Over(stored, time.GetUtcNow()), cancellation);

    /// <summary>Merges the body into the route (RFC 7396).</summary>
    public Task<GatewayRoute> MergeAsync(string name, JsonObject body, string? ifMatch, RouteWords words, CancellationToken cancellation) =>
        ChangeAsync(name, ifMatch, words, stored => Read(Named(Merged(Single(stored, words), body), name), words, stored).Over(stored, time.GetUtcNow()), cancellation);

    /// <summary>Sets the limits of a route, a file's included; they then survive the file's reload.</summary>
    /// <param name="name">The route.</param>
    /// <param name="limits">The call limits from now on.</param>
    /// <param name="tokenLimits">The token limits from now on; null leaves them as they are.</param>
    /// <param name="words">The words of the path.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public Task<GatewayRoute> SetLimitsAsync(string name, IReadOnlyList<Limit> limits, IReadOnlyList<TokenLimit>? tokenLimits, RouteWords words, CancellationToken cancellation) =>
        ChangeAsync(
            name,
            ifMatch: null,
            words,
            stored => stored with { Limits = limits, TokenLimits = tokenLimits ?? stored.TokenLimits, LimitsSetByApi = true, Updated = time.GetUtcNow() },
            cancellation,
            isForFilesToo: true);

    /// <summary>Removes the route.</summary>
    public async Task RemoveAsync(string name, string? ifMatch, RouteWords words, CancellationToken cancellation)
    {
        while (true)
        {
            var stored = await StoredAsync(name, ifMatch, words, isForFilesToo: false, cancellation);
            if (await TryAsync(new RouteEdit(name, null, stored.ETag), stored, cancellation) is not null)
            {
                return;
            }
        }
    }

    private async Task<GatewayRoute> ChangeAsync(
        string name, string? ifMatch, RouteWords words, Func<GatewayRoute, GatewayRoute> change, CancellationToken cancellation, bool isForFilesToo = false)
    {
        // A row that changed between reading and writing is read again: who sent no If-Match wants the change whatever is there,
        // and who sent one is refused by the reading.
        while (true)
        {
            var stored = await StoredAsync(name, ifMatch, words, isForFilesToo, cancellation);
            var changed = await keys.KeepAsync(change(stored), stored, cancellation);
            var isLimitsChange = !changed.Limits.SequenceEqual(stored.Limits) || !changed.TokenLimits.SequenceEqual(stored.TokenLimits);
            if (await TryAsync(new RouteEdit(name, changed, stored.ETag, isLimitsChange), stored, cancellation) is { } done)
            {
                return done.Route!;
            }
        }
    }

    private async Task<GatewayRoute> StoredAsync(string name, string? ifMatch, RouteWords words, bool isForFilesToo, CancellationToken cancellation)
    {
        var stored = await store.FindAsync(name, cancellation);
        if (stored is not { Kind: RowKind.Route })
        {
            throw words.NotFound(name);
        }

        if (!isForFilesToo && stored.Source is { } source)
        {
            throw new GatewayException(409, $"{words.Noun} '{name}' comes from the configuration file (source '{source}'); change it there.") { Code = "INVALID_STATE" };
        }

        return ifMatch is null || ifMatch.Split(',').Any(tag => tag.Trim() is var text && (text == "*" || text == stored.ETag))
            ? stored
            : throw new GatewayException(412, $"{words.Noun} '{name}' has changed since it was read.") { Code = "ABORTED" };
    }

    // Null when the row had changed. Whatever came of it, written or not or nobody knows: the keys follow the row.
    private async Task<RouteChange?> TryAsync(RouteEdit edit, GatewayRoute? stored, CancellationToken cancellation)
    {
        try
        {
            var commit = await store.CommitAsync([edit], import: null, cancellation);
            if (commit.Refused is not null)
            {
                return null;
            }

            book.Apply(commit.Changes);
            return commit.Changes[0];
        }
        finally
        {
            await keys.SettleAsync(stored, edit.Route);
        }
    }

    private RouteDraft Read(JsonObject body, RouteWords words, GatewayRoute? stored)
    {
        var faults = new List<Fault>();
        var draft = validator.Read(new Fields(body, ["body"], faults), words.Source, stored);
        return draft is not null && faults.Count == 0 ? draft : throw RouteValidator.Refusal(faults);
    }

    private JsonObject Merged(GatewayRoute stored, JsonObject patch) => MergePatch.Over(stored, find(stored.Targets[0].Provider), patch);

    private static JsonObject Named(JsonObject body, string name)
    {
        if (body["name"] is { } given && !(given is JsonValue value && value.TryGetValue(out string? text) && text == name))
        {
            throw GatewayException.Invalid([new Fault("value_error", ["body", "name"], "The name cannot be changed; it must be the one in the path, or be left out.")]);
        }

        var named = (JsonObject)body.DeepClone();
        named["name"] = name;
        return named;
    }

    private static GatewayRoute Single(GatewayRoute stored, RouteWords words) => stored.Targets.Count == 1
        ? stored
        : throw new GatewayException(409, $"{words.Noun} '{stored.Name}' has several models; change it through /api/3.0/mlflow/gateway/endpoints.") { Code = "INVALID_STATE" };
}

/// <summary>The words of a path: first-generation routes, or the deployments spelling.</summary>
/// <param name="Noun">In sentences.</param>
/// <param name="TypeField">The name of the type.</param>
internal sealed record RouteWords(string Noun, string TypeField)
{
    /// <summary><c>/api/2.0/gateway/routes</c>.</summary>
    public static RouteWords Route { get; } = new("Route", "route_type");

    /// <summary><c>/api/2.0/endpoints</c>.</summary>
    public static RouteWords Endpoint { get; } = new("Endpoint", "endpoint_type");

    /// <summary>Who asks, for the validator.</summary>
    public RouteSource Source => new(IsFile: false, TypeField);

    /// <summary>404 in MLflow's words.</summary>
    public GatewayException NotFound(string name)
    {
        var noun = Noun.ToLowerInvariant();
        return new GatewayException(404, $"The {noun} '{name}' is not present or active on the server. Please verify the {noun} name.") { Code = "RESOURCE_DOES_NOT_EXIST" };
    }
}

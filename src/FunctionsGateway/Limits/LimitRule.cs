using FunctionsGateway.Routes;

namespace FunctionsGateway.Limits;

/// <summary>What a limit counts.</summary>
internal enum LimitResource
{
    /// <summary>Calls: one each.</summary>
    Calls,

    /// <summary>Tokens: the estimate, settled later.</summary>
    Tokens,
}

/// <summary>One number, one window, one key: what one counter enforces. A written limit with a joined period makes several.</summary>
internal sealed record LimitRule(long Amount, WindowPeriod Period, LimitKey KeyKind, LimitResource Resource)
{
    /// <summary>The name in rate headers and metrics: <c>minute-user</c>, <c>5minute-route</c>, <c>hour-user-tokens</c>.</summary>
    public string Name { get; } =
        $"{(Period.Count == 1 ? "" : Period.Count)}{Period.UnitName}-{KeyWord(KeyKind)}{(Resource == LimitResource.Tokens ? "-tokens" : "")}";

    /// <summary>MLflow's wording: <c>50 per 1 minute</c>; <c>9000 tokens per 1 hour</c>.</summary>
    public string Wording => $"{Amount}{(Resource == LimitResource.Tokens ? " tokens" : "")} per {Period}";

    /// <summary>What one call asks of it.</summary>
    public long Asked(long tokenEstimate) => Resource == LimitResource.Tokens ? tokenEstimate : 1;

    /// <summary>Whether both are enforced by the same counter, whatever their numbers.</summary>
    public bool SharesCounterWith(LimitRule other) => Period == other.Period && KeyKind == other.KeyKind && Resource == other.Resource;

    /// <summary>The rules of a route; calls first.</summary>
    /// <exception cref="FormatException">A renewal period does not parse.</exception>
    public static LimitRule[] Of(GatewayRoute route) => Of(route.Limits, route.TokenLimits);

    /// <summary>The rules of these limits; calls first.</summary>
    /// <exception cref="FormatException">A renewal period does not parse.</exception>
    public static LimitRule[] Of(IReadOnlyList<Limit> limits, IReadOnlyList<TokenLimit> tokenLimits) =>
    [
        .. limits.SelectMany(limit => Terms(limit.Calls, limit.RenewalPeriod, limit.KeyKind, LimitResource.Calls)),
        .. tokenLimits.SelectMany(limit => Terms(limit.Tokens, limit.RenewalPeriod, limit.KeyKind, LimitResource.Tokens)),
    ];

    private static IEnumerable<LimitRule> Terms(long amount, string text, LimitKey kind, LimitResource resource) =>
        RenewalPeriod.TryParse(text, out var period)
            ? period.Terms(amount).Select(term => new LimitRule(term.Amount, term.Period, kind, resource))
            : throw new FormatException(RenewalPeriod.Fault);

    private static string KeyWord(LimitKey kind) => kind == LimitKey.User ? "user" : "route";
}

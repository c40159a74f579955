using FunctionsGateway.Limits;

namespace FunctionsGateway.Routes.Validation;

/// <summary>Reads <c>limit</c>, <c>limits</c> and <c>token_limits</c>.</summary>
internal static class LimitReader
{
    /// <summary>The call limits; null when the body says nothing of them, empty when it takes them away.</summary>
    public static IReadOnlyList<Limit>? Calls(Fields body)
    {
        if (body.Has("limit") && body.Has("limits"))
        {
            body.Fault("limits", "value_error", "Give 'limit' or 'limits', not both.");
        }

        if (body.Has("limits"))
        {
            return Distinct(body, "limits", body.List("limits") ?? [], Call, limit => (limit.RenewalPeriod, limit.KeyKind));
        }

        if (!body.Has("limit"))
        {
            return null;
        }

        return body.Object("limit") is { } item && Call(item) is { } limit ? [limit] : [];
    }

    /// <summary>The token limits; null when the body says nothing of them.</summary>
    public static IReadOnlyList<TokenLimit>? Tokens(Fields body) => body.Has("token_limits")
        ? Distinct(body, "token_limits", body.List("token_limits") ?? [], Token, limit => (limit.RenewalPeriod, limit.KeyKind))
        : null;

    private static Limit? Call(Fields item) => Read(item, "calls") is var (calls, period, key) ? new Limit(calls, period, key) : null;

    private static TokenLimit? Token(Fields item) => Read(item, "tokens") is var (tokens, period, key) ? new TokenLimit(tokens, period, key) : null;

    private static (long Amount, string Period, string? Key)? Read(Fields item, string amountField)
    {
        var amount = item.Integer(amountField, isRequired: true);
        var period = item.Text("renewal_period", isRequired: true);
        var key = item.Text("key");
        if (key is not (null or "user" or "route"))
        {
            item.Fault("key", "literal_error", "Input should be 'user', 'route' or null");
        }

        if (amount < 0 || (period is not null && !RenewalPeriod.TryParse(period, out _)))
        {
            item.Fault(null, "value_error", RenewalPeriod.Fault);
            return null;
        }

        return amount is { } number && period is not null ? (number, period, key) : null;
    }

    private static List<T> Distinct<T>(Fields body, string field, IReadOnlyList<Fields> items, Func<Fields, T?> read, Func<T, (string Period, LimitKey Key)> identity)
        where T : class
    {
        var limits = new List<T>();
        var seen = new HashSet<(WindowPeriod, LimitKey)>();
        foreach (var limit in items.Select(read).OfType<T>())
        {
            limits.Add(limit);
            var (period, key) = identity(limit);
            if (RenewalPeriod.TryParse(period, out var parsed) && !parsed.Terms(0).Select(term => seen.Add((term.Period, key))).ToArray().All(isNew => isNew))
            {
                body.Fault(field, "value_error", $"Two limits count the same calls: 'renewal_period' {period}, 'key' {(key == LimitKey.User ? "user" : "route")}.");
            }
        }

        return limits;
    }
}

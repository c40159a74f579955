using System.Text.Json.Serialization;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Limits;

/// <summary>The limits of a route on the wire; token limits stand beside and never inside (spec/decisions.md D9).</summary>
internal sealed record LimitsView(IReadOnlyList<LimitView> Limits, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TokenLimitView>? TokenLimits)
{
    /// <summary>The limits of <paramref name="route"/>.</summary>
    public static LimitsView Of(GatewayRoute route) => new(
        [.. route.Limits.Select(limit => new LimitView(limit.Calls, limit.Key, limit.RenewalPeriod))],
        route.TokenLimits.Count == 0 ? null : [.. route.TokenLimits.Select(limit => new TokenLimitView(limit.Tokens, limit.Key, limit.RenewalPeriod))]);
}

/// <summary>One calls limit on the wire.</summary>
internal sealed record LimitView(long Calls, string? Key, string RenewalPeriod);

/// <summary>One token limit on the wire.</summary>
internal sealed record TokenLimitView(long Tokens, string? Key, string RenewalPeriod);

/// <summary>The body of a change of limits; for the documentation, since faults are looked for by hand.</summary>
internal sealed record LimitsRequest(string Route, IReadOnlyList<LimitView> Limits, IReadOnlyList<TokenLimitView>? TokenLimits);

/// <summary>The JSON of this room.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LimitsView))]
[JsonSerializable(typeof(LimitsRequest))]
internal sealed partial class LimitJson : JsonSerializerContext;

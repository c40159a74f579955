using System.Globalization;
using System.Text;
using FunctionsGateway.Limits.Counting;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Limits;

/// <summary>The rate headers of one answer (spec/decisions.md D6).</summary>
/// <param name="Policy"><c>RateLimit-Policy</c>.</param>
/// <param name="State"><c>RateLimit</c>.</param>
/// <param name="OpenAi"><c>x-ratelimit-limit-requests</c>, <c>-remaining-</c>, <c>-reset-</c> by the tightest calls limit; empty when there is none.</param>
internal sealed record RateHeaders(string Policy, string State, IReadOnlyList<KeyValuePair<string, string>> OpenAi)
{
    /// <summary>The headers that every surface sends.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Standard => [new("RateLimit-Policy", Policy), new("RateLimit", State)];

    /// <summary>The headers as they stand for the counters of a hold.</summary>
    public static RateHeaders Of(ReadOnlySpan<HoldEntry> entries, StoreTime now)
    {
        StringBuilder policy = new(), state = new();
        (long Limit, long Remaining, long Seconds)? tightest = null;
        foreach (ref readonly var entry in entries)
        {
            var (counter, rule) = (entry.Counter, entry.Rule);
            var reset = counter.ResetAt(now);
            var (remaining, seconds) = (counter.RemainingAt(now), SecondsUntil(counter.FitsAt(entry.Amount, now), now));
            var start = rule.Period.StartOf(rule.Period.LabelAt(reset) - 1);
            var comma = policy.Length > 0 ? ", " : "";
            policy.Append(CultureInfo.InvariantCulture, $"{comma}\"{rule.Name}\";q={counter.Limit};w={(long)(reset - start).TotalSeconds}");
            policy.Append(rule.Resource == LimitResource.Tokens ? ";qu=\"tokens\"" : "");
            state.Append(CultureInfo.InvariantCulture, $"{comma}\"{rule.Name}\";r={remaining};t={seconds}");
            if (rule.Resource == LimitResource.Calls && (tightest is not { } other || remaining < other.Remaining))
            {
                tightest = (counter.Limit, remaining, seconds);
            }
        }

        return new RateHeaders(policy.ToString(), state.ToString(), tightest is { } calls ? OpenAiHeaders(calls.Limit, calls.Remaining, calls.Seconds) : []);
    }

    /// <summary>Sets the headers.</summary>
    public void WriteTo(IHeaderDictionary headers, bool isOpenAiShaped)
    {
        headers["RateLimit-Policy"] = Policy;
        headers["RateLimit"] = State;
        foreach (var (name, value) in isOpenAiShaped ? OpenAi : [])
        {
            headers[name] = value;
        }
    }

    /// <summary>Whole seconds until <paramref name="reset"/> by the earliest time, rounded up, at least 1.</summary>
    public static long SecondsUntil(DateTimeOffset reset, StoreTime now) => Math.Max(1, (long)Math.Ceiling((reset - now.Earliest).TotalSeconds));

    /// <summary>As OpenAI writes it: <c>1m3s</c>, <c>6s</c>, <c>2h0m5s</c>.</summary>
    public static string Span(long seconds) => string.Create(CultureInfo.InvariantCulture,
        $"{(seconds >= 3600 ? $"{seconds / 3600}h" : "")}{(seconds >= 60 ? $"{seconds / 60 % 60}m" : "")}{seconds % 60}s");

    private static IReadOnlyList<KeyValuePair<string, string>> OpenAiHeaders(long limit, long remaining, long seconds) =>
    [
        new("x-ratelimit-limit-requests", limit.ToString(CultureInfo.InvariantCulture)),
        new("x-ratelimit-remaining-requests", remaining.ToString(CultureInfo.InvariantCulture)),
        new("x-ratelimit-reset-requests", Span(seconds)),
    ];
}

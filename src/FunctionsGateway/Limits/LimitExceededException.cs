using System.Globalization;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Limits;

/// <summary>A call that a limit refuses: 429, with what every dialect needs to say so (spec/decisions.md D5).</summary>
internal sealed class LimitExceededException : GatewayException
{
    /// <summary>A refusal by <paramref name="rule"/> until <paramref name="reset"/>.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="rule">The limit, with the number in force.</param>
    /// <param name="asked">What the call asked of it.</param>
    /// <param name="reset">When its window ends.</param>
    /// <param name="wait">How long until then.</param>
    /// <param name="longest">The longest <c>Retry-After</c> that is sent.</param>
    /// <param name="rate">The rate headers.</param>
    public LimitExceededException(string route, LimitRule rule, long asked, DateTimeOffset reset, TimeSpan wait, TimeSpan longest, RateHeaders rate)
        : base(429, Sentence(route, rule, asked, reset))
    {
        (Route, Rule, Reset, Rate) = (route, rule, reset, rate);
        Type = "rate_limit_error";
        Code = "rate_limit_exceeded";
        RetryAfter = asked <= rule.Amount && wait <= longest ? wait : null;
        Headers = rate.Standard;
        OpenAIHeaders = rate.OpenAi;
        Error = $"Rate limit exceeded: {rule.Wording}";
    }

    /// <summary>The route's name.</summary>
    public string Route { get; }

    /// <summary>The limit that refuses: number, window, key kind.</summary>
    public LimitRule Rule { get; }

    /// <summary>When its window ends.</summary>
    public DateTimeOffset Reset { get; }

    /// <summary>The rate headers; <see cref="GatewayException.Headers"/> already holds the standard ones.</summary>
    public RateHeaders Rate { get; }

    private static string Sentence(string route, LimitRule rule, long asked, DateTimeOffset reset)
    {
        var whose = rule.KeyKind == LimitKey.User ? "for each user" : "for the whole route";
        var limit = $"Route '{route}' allows {rule.Wording} {whose}";
        return asked > rule.Amount && rule.Amount > 0
            ? $"{limit}; this call alone is estimated at {asked} tokens, so waiting does not help."
            : $"{limit}; the window resets at {reset.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}.";
    }
}

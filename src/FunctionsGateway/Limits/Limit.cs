namespace FunctionsGateway.Limits;

/// <summary>Whose calls a limit counts together.</summary>
internal enum LimitKey
{
    /// <summary>All calls of the route; <c>route</c> or null on the wire.</summary>
    Route,

    /// <summary>Each caller's own; <c>user</c> on the wire.</summary>
    User,
}

/// <summary>At most <paramref name="Calls"/> calls a window.</summary>
/// <param name="Calls">Not negative; 0 refuses every call.</param>
/// <param name="RenewalPeriod">The window as it was written, e.g. <c>minute</c>, <c>5 minutes</c>; echoed as is.</param>
/// <param name="Key">The key as it was written: <c>user</c>, <c>route</c> or null; echoed as is.</param>
internal sealed record Limit(long Calls, string RenewalPeriod, string? Key)
{
    /// <summary>Whose calls are counted together.</summary>
    public LimitKey KeyKind => Key == "user" ? LimitKey.User : LimitKey.Route;
}

/// <summary>At most <paramref name="Tokens"/> tokens a window, estimates reserved before the call.</summary>
/// <param name="Tokens">Not negative.</param>
/// <param name="RenewalPeriod">As in <see cref="Limit"/>.</param>
/// <param name="Key">As in <see cref="Limit"/>.</param>
internal sealed record TokenLimit(long Tokens, string RenewalPeriod, string? Key)
{
    /// <summary>Whose tokens are counted together.</summary>
    public LimitKey KeyKind => Key == "user" ? LimitKey.User : LimitKey.Route;
}

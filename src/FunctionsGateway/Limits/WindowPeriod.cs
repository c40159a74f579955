namespace FunctionsGateway.Limits;

/// <summary>The units of a window.</summary>
internal enum WindowUnit
{
    /// <summary>A second.</summary>
    Second,

    /// <summary>A minute.</summary>
    Minute,

    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day of UTC.</summary>
    Day,

    /// <summary>A calendar month of UTC.</summary>
    Month,

    /// <summary>A calendar year of UTC.</summary>
    Year,
}

/// <summary>How long a window is. Windows are numbered from 1970-01-01T00:00Z; the number is the window's label.</summary>
/// <param name="Count">How many units; at least 1.</param>
/// <param name="Unit">The unit.</param>
internal readonly record struct WindowPeriod(int Count, WindowUnit Unit)
{
    private const int LongestYears = 100;

    /// <summary>The unit's name in lower case, singular.</summary>
    public string UnitName => Unit switch
    {
        WindowUnit.Second => "second",
        WindowUnit.Minute => "minute",
        WindowUnit.Hour => "hour",
        WindowUnit.Day => "day",
        WindowUnit.Month => "month",
        _ => "year",
    };

    /// <summary>The shortest that such a window can be.</summary>
    public TimeSpan Shortest => new(Count * (Unit switch { WindowUnit.Month => 28 * TimeSpan.TicksPerDay, WindowUnit.Year => 365 * TimeSpan.TicksPerDay, _ => UnitTicks }));

    private long UnitTicks => Unit switch
    {
        WindowUnit.Second => TimeSpan.TicksPerSecond,
        WindowUnit.Minute => TimeSpan.TicksPerMinute,
        WindowUnit.Hour => TimeSpan.TicksPerHour,
        _ => TimeSpan.TicksPerDay,
    };

    /// <summary>Whether <paramref name="count"/> units make a window of at least one unit and at most a hundred years.</summary>
    public static bool IsValid(long count, WindowUnit unit) =>
        count is >= 1 and <= int.MaxValue && new WindowPeriod(1, unit).Shortest.Ticks <= LongestYears * 365 * TimeSpan.TicksPerDay / count;

    /// <summary>The label of the window that holds <paramref name="instant"/>.</summary>
    public long LabelAt(DateTimeOffset instant) => Unit switch
    {
        WindowUnit.Month => (((instant.UtcDateTime.Year - 1970) * 12) + instant.UtcDateTime.Month - 1) / Count,
        WindowUnit.Year => (instant.UtcDateTime.Year - 1970) / Count,
        _ => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / (Count * UnitTicks),
    };

    /// <summary>The first instant of the window <paramref name="label"/>.</summary>
    public DateTimeOffset StartOf(long label) => Unit switch
    {
        WindowUnit.Month => DateTimeOffset.UnixEpoch.AddMonths((int)(label * Count)),
        WindowUnit.Year => DateTimeOffset.UnixEpoch.AddYears((int)(label * Count)),
        _ => DateTimeOffset.UnixEpoch.AddTicks(label * Count * UnitTicks),
    };

    /// <summary>The first instant after the window <paramref name="label"/>.</summary>
    public DateTimeOffset EndOf(long label) => StartOf(label + 1);

    /// <summary>As MLflow writes it: <c>1 minute</c>, <c>5 minute</c> (always singular).</summary>
    public override string ToString() => $"{Count} {UnitName}";
}


namespace FunctionsGateway.Limits.Counting;

/// <summary>Between which instants the store's time lies.</summary>
internal readonly record struct StoreTime(DateTimeOffset Earliest, DateTimeOffset Latest)
{
    /// <summary>How much is not known.</summary>
    public TimeSpan Width => Latest - Earliest;
}

/// <summary>The store's clock as an interval, from the <c>Date</c> of its answers and this process' monotonic clock (docs/limits.md). Guarded by the counters' gate.</summary>
/// <param name="time">The process' clocks; the wall clock serves only to notice that the monotonic one stood still.</param>
/// <param name="tolerance">How far the store's front ends may differ.</param>
internal sealed class StoreClock(TimeProvider time, TimeSpan tolerance)
{
    private const long DriftDivisor = 5_000; // 200 ppm
    private static readonly long Rotation = TimeSpan.FromMinutes(5).Ticks;
    private static readonly long Oldest = TimeSpan.FromMinutes(10).Ticks;
    private static readonly long Frozen = TimeSpan.FromSeconds(1).Ticks;
    private static readonly Bounds Nothing = new(long.MinValue / 4, long.MaxValue / 4, 0);

    private readonly long _origin = time.GetTimestamp();
    private DateTimeOffset _wallOrigin = time.GetUtcNow();
    private long _since;
    private bool _known;
    private Bounds _recent = Nothing;
    private Bounds _older = Nothing;

    /// <summary>Grows whenever everything known was dropped, because the process stood still.</summary>
    public int Generation { get; private set; }

    /// <summary>The interval now; false when nothing is known.</summary>
    public bool TryNow(out StoreTime now)
    {
        var moment = Monotonic(time.GetTimestamp());
        NoticeFreeze(moment);
        now = default;
        if (!_known || moment - _recent.Since > Oldest)
        {
            return false;
        }

        var bounds = moment - _older.Since > Oldest ? _recent : _recent.And(_older);
        if (bounds.At(moment, tolerance.Ticks) is not { } interval)
        {
            return false;
        }

        now = interval;
        return true;
    }

    /// <summary>Learns from an answer.</summary>
    public void Observe(in StoreMark mark)
    {
        var moment = Monotonic(time.GetTimestamp());
        NoticeFreeze(moment);
        var (sent, received) = (Monotonic(mark.Sent), Monotonic(mark.Received));
        if (mark.Date is not { } date || sent < _since)
        {
            return;
        }

        // Drift widens every bound alike, so which bound is the tightest never changes and the tightest of each kind is enough.
        var seen = new Bounds(
            date.UtcTicks - received + (received / DriftDivisor),
            date.UtcTicks + TimeSpan.TicksPerSecond - sent - (sent / DriftDivisor),
            moment);
        if (!_known || moment - _recent.Since > Rotation)
        {
            _older = _known ? _recent : Nothing;
            _recent = seen;
        }
        else
        {
            _recent = _recent.And(seen) with { Since = _recent.Since };
        }

        _known = true;
        if (_recent.And(_older).At(moment, tolerance.Ticks) is null)
        {
            (_recent, _older) = (seen, Nothing);
        }
    }

    private long Monotonic(long timestamp) => time.GetElapsedTime(_origin, timestamp).Ticks;

    private void NoticeFreeze(long moment)
    {
        var wall = (time.GetUtcNow() - _wallOrigin).Ticks;
        if (Math.Abs(wall - moment) > Frozen)
        {
            _wallOrigin += TimeSpan.FromTicks(wall - moment);
            (_known, _since, _recent, _older) = (false, moment, Nothing, Nothing);
            Generation++;
        }
    }

    private readonly record struct Bounds(long Lower, long Upper, long Since)
    {
        public Bounds And(Bounds other) => new(Math.Max(Lower, other.Lower), Math.Min(Upper, other.Upper), Since);

        public StoreTime? At(long moment, long tolerance)
        {
            var earliest = Lower + moment - (moment / DriftDivisor) - tolerance;
            var latest = Upper + moment + (moment / DriftDivisor) + tolerance;
            return earliest > latest ? null : new StoreTime(new DateTimeOffset(earliest, TimeSpan.Zero), new DateTimeOffset(latest, TimeSpan.Zero));
        }
    }
}

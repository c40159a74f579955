namespace FunctionsGateway.Upstream;

/// <summary>The time that a call has, counted from its arrival; every attempt takes its share (spec/decisions.md §5).</summary>
internal readonly struct Deadline
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _total;
    private readonly long _start;

    /// <summary>A deadline that begins now.</summary>
    public Deadline(TimeProvider time, TimeSpan total)
        : this(time, total, time.GetTimestamp())
    {
    }

    private Deadline(TimeProvider time, TimeSpan total, long start)
    {
        _time = time;
        _total = total;
        _start = start;
    }

    /// <summary>The time left; never negative.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _total - _time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>A deadline of <paramref name="total"/> that began when this one did.</summary>
    public Deadline Lasting(TimeSpan total) => new(_time, total, _start);

    /// <summary>The share of an attempt: all on the last target, else at most <paramref name="firstByte"/> and an even part of what is left.</summary>
    public TimeSpan Share(int targetsLeft, TimeSpan firstByte)
    {
        var left = Left;
        if (targetsLeft <= 1)
        {
            return left;
        }

        var even = left / targetsLeft;
        return even < firstByte ? even : firstByte;
    }
}

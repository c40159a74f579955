namespace FunctionsGateway.Upstream;

/// <summary>The time that a call has, counted from its arrival; every attempt takes its share (spec/decisions.md §5).</summary>
internal readonly struct Deadline(TimeProvider time, TimeSpan total)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>The time left; never negative.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = total - time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The time since arrival.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_start);

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

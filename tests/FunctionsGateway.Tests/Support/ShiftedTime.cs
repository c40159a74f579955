namespace FunctionsGateway.Tests.Support;

/// <summary>The machine's clock, moved on as a test says; timers take their own time.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _ticks));

    public override long GetTimestamp() => base.GetTimestamp() + (long)(Volatile.Read(ref _ticks) / (double)TimeSpan.TicksPerSecond * TimestampFrequency);

    public void Skip(TimeSpan span) => Interlocked.Add(ref _ticks, span.Ticks);
}

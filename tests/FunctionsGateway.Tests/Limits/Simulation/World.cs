namespace FunctionsGateway.Tests.Limits.Simulation;

/// <summary>Virtual time and one thread: every continuation, timer and storage event of all machines is an event of this queue, ordered by time and then by the seed.</summary>
internal sealed class World(int seed)
{
    private readonly PriorityQueue<Action, (long Time, int Tie, long Order)> _events = new();
    private long _order;

    /// <summary>The dice of everything.</summary>
    public Random Dice { get; } = new(seed);

    /// <summary>True time.</summary>
    public long Now { get; private set; }

    /// <summary>True time as an instant.</summary>
    public DateTimeOffset Time => new(Now, TimeSpan.Zero);

    /// <summary>Begins at <paramref name="start"/>.</summary>
    public void StartAt(DateTimeOffset start) => Now = start.UtcTicks;

    /// <summary>Runs <paramref name="action"/> at <paramref name="time"/>; events of the same time run in random order.</summary>
    public void At(long time, Action action) => _events.Enqueue(action, (Math.Max(time, Now), Dice.Next(), _order++));

    /// <summary>Runs <paramref name="action"/> after <paramref name="delay"/>.</summary>
    public void After(TimeSpan delay, Action action) => At(Now + delay.Ticks, action);

    /// <summary>Runs until <paramref name="end"/>, or until nothing is left to do.</summary>
    public void RunUntil(DateTimeOffset end)
    {
        while (_events.TryPeek(out _, out var next) && next.Time <= end.UtcTicks)
        {
            var action = _events.Dequeue();
            Now = next.Time;
            action();
        }

        Now = Math.Max(Now, end.UtcTicks);
    }
}

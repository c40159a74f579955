namespace FunctionsGateway.Tests.Limits.Simulation;

/// <summary>One process: its own wall clock, its own monotonic clock, its own thread of continuations; it can crash, and it can stand still.</summary>
internal sealed class Machine(World world, TimeSpan wallSkew, double drift) : TimeProvider
{
    private readonly long _boot = world.Now;
    private readonly Continuations _continuations = new();
    private long _thawsAt;
    private long _paused;

    /// <summary>Whether it is no more.</summary>
    public bool IsDead { get; private set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => (long)((world.Now - _boot - _paused) * (1 + drift));

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(world.Now + wallSkew.Ticks, TimeSpan.Zero);

    /// <summary>Runs <paramref name="action"/> on this machine's thread at <paramref name="time"/>.</summary>
    public void At(long time, Action action) => world.At(time, () =>
    {
        if (IsDead)
        {
            return;
        }

        if (world.Now < _thawsAt)
        {
            At(_thawsAt, action);
            return;
        }

        var before = SynchronizationContext.Current;
        _continuations.Machine = this;
        SynchronizationContext.SetSynchronizationContext(_continuations);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    });

    /// <summary>Runs <paramref name="action"/> on this machine's thread now.</summary>
    public void Run(Action action) => At(world.Now, action);

    /// <summary>Ends it, without a word.</summary>
    public void Crash() => IsDead = true;

    /// <summary>Stands still; <paramref name="stopsMonotonic"/> as a suspended virtual machine does, else as a stopped process.</summary>
    public void Freeze(TimeSpan length, bool stopsMonotonic)
    {
        _thawsAt = world.Now + length.Ticks;
        if (stopsMonotonic)
        {
            world.At(_thawsAt, () => { });
            _paused += length.Ticks;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(this, world, callback, state, dueTime);

    private sealed class Continuations : SynchronizationContext
    {
        public Machine Machine { get; set; } = null!;

        public override void Post(SendOrPostCallback d, object? state) => Machine.Run(() => d(state));
    }

    private sealed class Timer : ITimer
    {
        private readonly Machine _machine;
        private readonly World _world;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private int _turn;

        public Timer(Machine machine, World world, TimerCallback callback, object? state, TimeSpan dueTime)
        {
            (_machine, _world, _callback, _state) = (machine, world, callback, state);
            Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var turn = ++_turn;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _machine.At(_world.Now + dueTime.Ticks, () =>
                {
                    if (turn == _turn)
                    {
                        _callback(_state);
                    }
                });
            }

            return true;
        }

        public void Dispose() => _turn++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

using System.Globalization;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Storage;

namespace FunctionsGateway.Tests.Limits.Simulation;

/// <summary>How badly storage behaves.</summary>
internal sealed record Faults
{
    /// <summary>How often a request never arrives and its sender knows.</summary>
    public double NotSent { get; init; }

    /// <summary>How often a write is not carried out and its sender does not know.</summary>
    public double LostBefore { get; set; }

    /// <summary>How often a write is carried out and its sender does not know.</summary>
    public double LostAfter { get; set; }

    /// <summary>How often a write of unknown outcome arrives much later than its sender gave up.</summary>
    public double Late { get; init; }

    /// <summary>How often somebody else changes the row just before a write.</summary>
    public double Storm { get; init; }

    /// <summary>The shortest way there, or back.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(3);

    /// <summary>How far ahead or behind each front end's clock is.</summary>
    public IReadOnlyList<TimeSpan> FrontEnds { get; init; } = [TimeSpan.Zero];

    /// <summary>Whether storage answers at all.</summary>
    public bool IsDown { get; set; }
}

/// <summary>The rows that all machines share.</summary>
internal sealed class SharedRows(World world)
{
    private readonly Dictionary<CounterIdentity, (LimitWindow Row, long Version)> _rows = [];
    private long _version;

    /// <summary>How many requests reached it.</summary>
    public int Reads { get; set; }

    /// <summary>How many writes were tried on it.</summary>
    public int Writes { get; private set; }

    /// <summary>How many of them were refused.</summary>
    public int Conflicts { get; private set; }

    /// <summary>The true time.</summary>
    public World World => world;

    /// <summary>The row and its ETag.</summary>
    public (LimitWindow? Row, string ETag) Get(CounterIdentity counter) =>
        _rows.TryGetValue(counter, out var row) ? (row.Row, row.Version.ToString(CultureInfo.InvariantCulture)) : (null, "");

    /// <summary>Writes if unchanged.</summary>
    public bool TryWrite(CounterIdentity counter, LimitWindow row, string etag)
    {
        Writes++;
        if (Get(counter).ETag != etag)
        {
            Conflicts++;
            return false;
        }

        _rows[counter] = (row, ++_version);
        return true;
    }

    /// <summary>Changes the ETag and nothing that counts, as a busy neighbour would.</summary>
    public void Stir(CounterIdentity counter)
    {
        if (_rows.TryGetValue(counter, out var row))
        {
            _rows[counter] = (row.Row with { Writer = "neighbour", Sequence = ++_version }, ++_version);
        }
    }

    /// <summary>Sweeps by true time.</summary>
    public int Sweep(DateTimeOffset earliest)
    {
        var over = _rows.Where(row => row.Value.Row.IsOver(row.Key.Period, earliest)).Select(row => row.Key).ToList();
        over.ForEach(key => _rows.Remove(key));
        return over.Count;
    }
}

/// <summary>One machine's way to the shared rows: slow, and not always honest about what arrived.</summary>
internal sealed class FaultyStore(SharedRows rows, Machine machine, Faults faults) : ICounterStore
{
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromMilliseconds(400);
    private readonly World _world = rows.World;

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> ReadAsync(CounterIdentity counter) => SendAsync(counter, null, "");

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> AddAsync(CounterIdentity counter, LimitWindow row) => SendAsync(counter, row, "");

    /// <inheritdoc/>
    public ValueTask<StoreAnswer> ReplaceAsync(CounterIdentity counter, LimitWindow row, string etag) => SendAsync(counter, row, etag);

    /// <inheritdoc/>
    public Task<int> SweepAsync(DateTimeOffset earliest, TimeSpan interval, CancellationToken cancellation) => Task.FromResult(rows.Sweep(earliest));

    private ValueTask<StoreAnswer> SendAsync(CounterIdentity counter, LimitWindow? row, string etag)
    {
        var answer = new TaskCompletionSource<StoreAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = machine.GetTimestamp();
        var dice = _world.Dice;
        var fate = dice.NextDouble();
        var there = _world.Now + Way();
        var isWrite = row is not null;
        if (faults.IsDown || fate < faults.NotSent)
        {
            Answer(there, () => new StoreAnswer.NotSent(new StoreMark(null, sent, machine.GetTimestamp())));
            return new(answer.Task);
        }

        if (isWrite && (fate -= faults.NotSent) < faults.LostBefore + faults.LostAfter)
        {
            if (fate >= faults.LostBefore)
            {
                var arrives = dice.NextDouble() < faults.Late ? there + (long)(dice.NextDouble() * 20 * TimeSpan.TicksPerSecond) : there;
                _world.At(arrives, () => rows.TryWrite(counter, row!, etag));
            }

            Answer(_world.Now + GivesUpAfter.Ticks, () => new StoreAnswer.Unknown(new StoreMark(null, sent, machine.GetTimestamp())));
            return new(answer.Task);
        }

        _world.At(there, () =>
        {
            if (isWrite && dice.NextDouble() < faults.Storm)
            {
                rows.Stir(counter);
            }

            var hasWon = isWrite && rows.TryWrite(counter, row!, etag);
            rows.Reads += hasWon ? 0 : 1;
            var (seen, seenTag) = rows.Get(counter);
            var front = _world.Time + faults.FrontEnds[dice.Next(faults.FrontEnds.Count)];
            var date = front.AddTicks(-(front.UtcTicks % TimeSpan.TicksPerSecond));

            // The loser reads again: another way there and back.
            Answer(_world.Now + Way() + (isWrite && !hasWon ? Way() : 0), () =>
            {
                var mark = new StoreMark(date, sent, machine.GetTimestamp());
                return hasWon ? new StoreAnswer.Won(seenTag, mark) : new StoreAnswer.Lost(seen, seenTag, mark);
            });
        });
        return new(answer.Task);

        void Answer(long time, Func<StoreAnswer> make) => machine.At(time, () => answer.SetResult(make()));
    }

    private long Way() => (long)(faults.Latency.Ticks * (1 + (_world.Dice.NextDouble() * _world.Dice.NextDouble() * 4)));
}

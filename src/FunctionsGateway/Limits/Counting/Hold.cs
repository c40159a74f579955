namespace FunctionsGateway.Limits.Counting;

/// <summary>What one call holds of one counter.</summary>
internal struct HoldEntry
{
    /// <summary>The counter.</summary>
    public Counter Counter;

    /// <summary>The number in force when the call looked.</summary>
    public LimitRule Rule;

    /// <summary>How many permits the call asks.</summary>
    public long Amount;

    /// <summary>Whether they are taken.</summary>
    public bool IsTaken;

    /// <summary>The counter's epoch when they were: permits go back to that epoch only.</summary>
    public int Epoch;

    /// <summary>The window they are of.</summary>
    public long Label;
}

/// <summary>What one call holds of all its counters; pooled, so that a warm admission allocates nothing. Guarded by the counters' gate.</summary>
internal sealed class Hold
{
    private HoldEntry[] _entries = new HoldEntry[2];

    /// <summary>How many counters.</summary>
    public int Count { get; private set; }

    /// <summary>The entries.</summary>
    public Span<HoldEntry> Entries => _entries.AsSpan(0, Count);

    /// <summary>Grows with each use, so that a reservation kept too long cannot touch another call's.</summary>
    public int Turn { get; private set; }

    /// <summary>Whether a byte has gone to a provider.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Whether the tokens were settled.</summary>
    public bool IsSettled { get; set; }

    /// <summary>The caller's plan, for the rate headers.</summary>
    public LimitPlan Plan { get; set; } = LimitPlan.None;

    /// <summary>Adds a counter.</summary>
    public void Add(Counter counter, LimitRule rule, long amount)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        _entries[Count++] = new HoldEntry { Counter = counter, Rule = rule, Amount = amount };
    }

    /// <summary>Takes the permits that are still missing, if all of them are ready; else none.</summary>
    public bool TryTake(StoreTime? now, TimeSpan moment)
    {
        foreach (ref var entry in Entries)
        {
            if (entry.IsTaken ? !entry.Counter.IsGood(entry, now) : entry.Counter.StandingOf(entry.Amount, now, moment) != Standing.Ready)
            {
                return false;
            }
        }

        foreach (ref var entry in Entries)
        {
            if (!entry.IsTaken)
            {
                entry.Counter.Take(ref entry, moment);
            }
        }

        return true;
    }

    /// <summary>Puts back what it has taken.</summary>
    public void PutAllBack()
    {
        foreach (ref var entry in Entries)
        {
            if (entry.IsTaken)
            {
                entry.IsTaken = false;
                entry.Counter.PutBack(entry.Epoch, entry.Amount);
            }
        }
    }

    /// <summary>Empties it for its next use.</summary>
    public void Clear()
    {
        Entries.Clear();
        Turn++;
        Count = 0;
        IsUsed = IsSettled = false;
        Plan = LimitPlan.None;
    }
}

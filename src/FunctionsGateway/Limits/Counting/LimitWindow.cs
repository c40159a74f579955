namespace FunctionsGateway.Limits.Counting;

/// <summary>A counter's row as a value, and every rule on it: pure, without clock, chance or storage.</summary>
internal sealed record LimitWindow
{
    /// <summary>How many writers the row remembers.</summary>
    public const int WritersKept = 16;

    /// <summary>The window that <see cref="Reserved"/> counts for.</summary>
    public required long Label { get; init; }

    /// <summary>What instances have reserved of the window's limit, spent or not.</summary>
    public long Reserved { get; init; }

    /// <summary>Tokens used beyond the limit, for the next windows to pay.</summary>
    public long Debt { get; init; }

    /// <summary>The highest version of the limits under which anyone has written.</summary>
    public long LimitsVersion { get; init; }

    /// <summary>Who wrote last.</summary>
    public string Writer { get; init; } = "";

    /// <summary>Which of the writer's attempts it was.</summary>
    public long Sequence { get; init; }

    /// <summary>Who wrote in this window, the latest first.</summary>
    public IReadOnlyList<string> Writers { get; init; } = [];

    /// <summary>Who wrote in the window before, when that was the last one.</summary>
    public IReadOnlyList<string> FormerWriters { get; init; } = [];

    /// <summary>What may still be reserved under <paramref name="limit"/>.</summary>
    public long Remaining(long limit) => Math.Max(0, limit - Reserved);

    /// <summary>The row moved on to the window <paramref name="label"/>: reservations end with their window, debt is paid by the windows after it.</summary>
    /// <remarks>Each window between pays one whole limit, and this one begins with the rest as reserved. Labels never move backwards.</remarks>
    public LimitWindow MovedTo(long label, long limit)
    {
        if (label <= Label)
        {
            return this;
        }

        var owed = OwedAfter(Debt, limit, label - Label);
        var reserved = Math.Min(limit, owed);
        return this with
        {
            Label = label,
            Reserved = reserved,
            Debt = owed - reserved,
            Writers = [],
            FormerWriters = label == Label + 1 ? Writers : [],
        };
    }

    /// <summary>With <paramref name="amount"/> more reserved; the caller has made sure that it remains.</summary>
    public LimitWindow Reserve(long amount) => this with { Reserved = Reserved + amount };

    /// <summary>With <paramref name="amount"/> given back, or null when the row is exhausted under <paramref name="limit"/>: exhausted is final.</summary>
    public LimitWindow? GiveBack(long amount, long limit) =>
        Remaining(limit) == 0 ? null : this with { Reserved = Math.Max(0, Reserved - amount) };

    /// <summary>With tokens charged that were used without a reservation: from what remains, else as debt.</summary>
    public LimitWindow Charge(long overrun, long limit)
    {
        var covered = Math.Min(overrun, Remaining(limit));
        return this with { Reserved = Reserved + covered, Debt = Debt + overrun - covered };
    }

    /// <summary>Signed by the attempt that writes it.</summary>
    public LimitWindow SignedBy(string writer, long sequence, long limitsVersion) => this with
    {
        Writer = writer,
        Sequence = sequence,
        LimitsVersion = Math.Max(LimitsVersion, limitsVersion),
        Writers = [writer, .. Writers.Where(other => other != writer).Take(WritersKept - 1)],
    };

    /// <summary>How many instances share the row, <paramref name="writer"/> among them, as far as this window and the last tell.</summary>
    public int WritersSeen(string writer)
    {
        var seen = 1;
        foreach (var other in Writers)
        {
            seen += other == writer ? 0 : 1;
        }

        foreach (var other in FormerWriters)
        {
            seen += other == writer || Writers.Contains(other) ? 0 : 1;
        }

        return Math.Min(seen, WritersKept);
    }

    /// <summary>When nothing hangs on the row any more, unless something is owed: two windows and an hour after its own, for the sweeper's time may be wrong.</summary>
    public DateTimeOffset OverAt(WindowPeriod period) => period.EndOf(Label + 2) + TimeSpan.FromHours(1);

    /// <summary>Whether nothing hangs on the row any more by <paramref name="earliest"/>.</summary>
    public bool IsOver(WindowPeriod period, DateTimeOffset earliest) => Debt == 0 && OverAt(period) <= earliest;

    /// <summary>A row for <paramref name="label"/> that admits nothing under any limit: what the window's own row had counted is lost.</summary>
    public static LimitWindow Closed(long label) => new() { Label = label, Reserved = long.MaxValue / 4 };

    /// <summary>What is left of <paramref name="debt"/> when the window <paramref name="windows"/> later begins: each window between pays one whole limit.</summary>
    public static long OwedAfter(long debt, long limit, long windows) => (long)Int128.Max(0, debt - ((Int128)limit * (windows - 1)));

    /// <summary>How many to reserve: enough for those who wait, else a share of what remains that this instance's own demand justifies.</summary>
    /// <remarks>An even share among the instances seen and one more, so that there is always something left for an instance that only now begins;
    /// but no less than 0.4 s of its own demand, lest a busy row is written for single permits as it runs out.</remarks>
    /// <param name="waiting">What callers wait for, beyond what is held.</param>
    /// <param name="held">What this instance holds already.</param>
    /// <param name="limit">The limit in force.</param>
    /// <param name="writers">How many instances share the row.</param>
    /// <param name="worth">What this instance's own demand is worth holding.</param>
    public long Chunk(long waiting, long held, long limit, int writers, long worth)
    {
        var remaining = Remaining(limit);
        var share = (remaining + writers) / (writers + 1);
        return Math.Min(remaining, Math.Max(waiting, Math.Min(Math.Max(share, worth / 50), worth - held)));
    }
}

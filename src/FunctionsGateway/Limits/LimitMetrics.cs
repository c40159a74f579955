using System.Diagnostics.Metrics;
using FunctionsGateway.Limits.Counting;

namespace FunctionsGateway.Limits;

/// <summary>What limits measure, on the meter <c>FunctionsGateway</c>.</summary>
internal sealed class LimitMetrics : IDisposable
{
    private readonly Meter _meter = new("FunctionsGateway");
    private readonly Counter<long> _admitted;
    private readonly Counter<long> _unchecked;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _unavailable;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _conflicts;
    private readonly Counter<long> _unknown;
    private readonly Counter<long> _stranded;
    private readonly Counter<long> _ahead;
    private readonly Histogram<int> _waiters;

    /// <summary>Makes the instruments.</summary>
    public LimitMetrics()
    {
        _admitted = _meter.CreateCounter<long>("gateway.limits.admitted", "{call}", "Calls admitted by limits");
        _unchecked = _meter.CreateCounter<long>("gateway.limits.admitted_unchecked", "{call}", "Calls admitted without a look at their limits, because storage failed and OnStorageFailure is Allow");
        _refused = _meter.CreateCounter<long>("gateway.limits.refused", "{call}", "Calls refused, by limit");
        _unavailable = _meter.CreateCounter<long>("gateway.limits.unavailable", "{call}", "Calls answered 503, because storage failed or was slow");
        _reads = _meter.CreateCounter<long>("gateway.limits.storage.reads", "{operation}", "Reads of counter rows");
        _writes = _meter.CreateCounter<long>("gateway.limits.storage.writes", "{operation}", "Writes of counter rows, conflicts included");
        _conflicts = _meter.CreateCounter<long>("gateway.limits.storage.conflicts", "{operation}", "Writes that another instance's write came before");
        _unknown = _meter.CreateCounter<long>("gateway.limits.storage.unknown", "{operation}", "Writes whose outcome was not known at once");
        _stranded = _meter.CreateCounter<long>("gateway.limits.stranded", "{permit}", "Permits that ended with their window, or with a change, unspent");
        _ahead = _meter.CreateCounter<long>("gateway.limits.label_ahead", "{look}", "Rows whose window had not begun by the store's latest time");
        _waiters = _meter.CreateHistogram<int>("gateway.limits.commit.waiters", "{call}", "Callers served by one write");
    }

    /// <summary>A call was admitted.</summary>
    public void Admitted(string route) => _admitted.Add(1, new KeyValuePair<string, object?>("gateway.route", route));

    /// <summary>A call was admitted although storage failed.</summary>
    public void AdmittedUnchecked(string route) => _unchecked.Add(1, new KeyValuePair<string, object?>("gateway.route", route));

    /// <summary>A call was refused by a limit.</summary>
    public void Refused(string route, string limit) =>
        _refused.Add(1, new KeyValuePair<string, object?>("gateway.route", route), new KeyValuePair<string, object?>("gateway.limit", limit));

    /// <summary>A call was answered 503.</summary>
    public void Unavailable(string route) => _unavailable.Add(1, new KeyValuePair<string, object?>("gateway.route", route));

    /// <summary>Storage was asked.</summary>
    public void Answered(bool isWrite, RowResult result)
    {
        if (!isWrite)
        {
            _reads.Add(1);
            return;
        }

        _writes.Add(1);
        switch (result)
        {
            case RowResult.Lost:
                _conflicts.Add(1);
                _reads.Add(1); // the store reads the row again for the loser
                break;
            case RowResult.Unknown:
                _unknown.Add(1);
                break;
        }
    }

    /// <summary>An update that wrote has ended, and admitted <paramref name="callers"/> who waited for it.</summary>
    public void Served(int callers) => _waiters.Record(callers);

    /// <summary>Permits were dropped unspent.</summary>
    public void Stranded(long permits)
    {
        if (permits > 0)
        {
            _stranded.Add(permits);
        }
    }

    /// <summary>A row's label was ahead of the store's latest time.</summary>
    public void LabelAhead() => _ahead.Add(1);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}

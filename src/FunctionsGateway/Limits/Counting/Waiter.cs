namespace FunctionsGateway.Limits.Counting;

/// <summary>What a wait on a counter's next update brought.</summary>
internal enum WaitResult
{
    /// <summary>Something changed, perhaps to one's favour: look again.</summary>
    LookAgain,

    /// <summary>Storage failed.</summary>
    StorageFailed,

    /// <summary>The caller's time is up, or the caller is gone.</summary>
    TimedOut,
}

/// <summary>A caller who waits for the next update of a counter's row, for one entry of its hold.</summary>
internal sealed class Waiter(Hold hold, int entry)
{
    private readonly TaskCompletionSource<WaitResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The hold that permits granted while waiting go to.</summary>
    public Hold Hold { get; } = hold;

    /// <summary>Which entry of it.</summary>
    public int Entry { get; } = entry;

    /// <summary>How many permits it waits for.</summary>
    public long Amount { get; } = hold.Entries[entry].Amount;

    /// <summary>Ends when the update has.</summary>
    public Task<WaitResult> Done => _done.Task;

    /// <summary>Ends the wait.</summary>
    public void End(WaitResult result) => _done.TrySetResult(result);
}

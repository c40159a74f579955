using FunctionsGateway.Errors;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

public sealed class RouteBookTests
{
    private readonly ManualTime _time = new();
    private readonly MemoryRouteStore _rows;
    private readonly WatchedStore _store;
    private readonly RouteBook _book;

    public RouteBookTests()
    {
        _rows = new MemoryRouteStore(_time);
        _store = new WatchedStore(_rows);
        _book = Some.Book(_store, _time);
    }

    [Fact]
    public async Task Reads_once_and_then_answers_from_memory_synchronously_without_allocation()
    {
        await AddAsync("a");
        Assert.NotNull(await _book.FindAsync("a", default));
        await _book.FindAsync("a", default);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            await _book.FindAsync("a", default);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((1, 0), (_store.VersionReads, _store.Finds));
    }

    [Fact]
    public async Task Refreshes_behind_a_call_at_half_the_bound_and_fetches_only_what_changed()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        await AddAsync("b");

        Advance(2.5);
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        Assert.NotNull(await _book.FindAsync("a", default));
        gate.SetResult();
        await _book.Refreshing;

        Assert.NotNull((await _book.SnapshotAsync(default)).Find("b"));
        Assert.Equal([-1, 1], _store.ChangesAskedAfter);
    }

    [Fact]
    public async Task Asks_nothing_of_storage_without_traffic()
    {
        await _book.SnapshotAsync(default);
        Advance(3600);

        Assert.Equal(1, _store.VersionReads);
    }

    [Fact]
    public async Task Makes_all_callers_of_an_old_snapshot_wait_for_one_reading()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        Advance(5);
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;

        var calls = Enumerable.Range(0, 20).Select(_ => _book.FindAsync("a", default).AsTask()).ToArray();
        Assert.All(calls, call => Assert.False(call.IsCompleted));
        gate.SetResult();

        Assert.All(await Task.WhenAll(calls), Assert.NotNull);
        Assert.Equal(2, _store.VersionReads);
    }

    [Fact]
    public async Task Never_serves_a_snapshot_older_than_the_bound_while_storage_answers()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        await RemoveAsync("a");
        Advance(5);

        Assert.Null(await _book.FindAsync("a", default));
    }

    [Fact]
    public async Task Reads_an_unknown_name_directly_once_for_all_and_at_most_once_a_second()
    {
        await _book.SnapshotAsync(default);
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        var calls = Enumerable.Range(0, 10).Select(_ => _book.FindAsync("a", default).AsTask()).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(calls), Assert.Null);
        Assert.Equal(1, _store.Finds);

        await AddAsync("a");
        Assert.Null(await _book.FindAsync("a", default));
        Advance(1);
        Assert.NotNull(await _book.FindAsync("a", default));
        Assert.NotNull(await _book.FindAsync("a", default));
        Assert.Equal(2, _store.Finds);
    }

    [Fact]
    public async Task Finds_a_route_of_another_instance_at_once_when_its_name_was_never_asked_for()
    {
        await _book.SnapshotAsync(default);
        await AddAsync("new");

        Assert.NotNull(await _book.FindAsync("new", default));
    }

    [Fact]
    public async Task Remembers_at_most_10_000_unknown_names()
    {
        var unknown = new UnknownNames(_store, _time);
        for (var i = 0; i < 10_050; i++)
        {
            await unknown.FindAsync($"n{i}", default);
        }

        Assert.Equal(10_000, unknown.Count);
    }

    [Fact]
    public async Task Never_asks_storage_for_a_name_that_no_route_can_have()
    {
        await _book.SnapshotAsync(default);

        Assert.Null(await _book.FindAsync(new string('a', 257), default));
        Assert.Null(await _book.FindAsync("", default));
        Assert.Equal(0, _store.Finds);
    }

    [Fact]
    public async Task Serves_known_routes_while_storage_is_down_until_they_are_too_old()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        _store.IsDown = true;

        Advance(299);
        Assert.NotNull(await _book.FindAsync("a", default));
        var unknown = await Assert.ThrowsAsync<GatewayException>(async () => await _book.FindAsync("b", default));
        Assert.Equal(503, unknown.Status);
        Assert.DoesNotContain("sig=", unknown.Message, StringComparison.Ordinal);
        Advance(2);
        Assert.Equal(503, (await Assert.ThrowsAsync<GatewayException>(async () => await _book.FindAsync("a", default))).Status);
    }

    [Fact]
    public async Task Probes_a_failing_storage_at_most_once_a_second_and_nobody_waits_for_the_probe()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        _store.IsDown = true;
        Advance(5);
        await _book.FindAsync("a", default);
        for (var i = 0; i < 50; i++)
        {
            await _book.FindAsync("a", default);
        }

        Assert.Equal(2, _store.VersionReads);
        Advance(1);
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        _store.IsDown = false;
        Assert.NotNull(await _book.FindAsync("a", default));
        Assert.Equal("Storage answered 503 ServerBusy.", (await _book.CheckAsync(default)).Reason);
        gate.SetResult();
        await _book.Refreshing;
        Assert.True((await _book.CheckAsync(default)).IsReachable);
    }

    [Fact]
    public async Task Reads_unknown_names_again_soon_after_a_failed_reading()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        _store.IsDown = true;
        await Assert.ThrowsAsync<GatewayException>(async () => await _book.FindAsync("b", default));
        _store.IsDown = false;
        await AddAsync("b");
        Advance(1);
        await Assert.ThrowsAsync<GatewayException>(async () => await _book.FindAsync("c", default));
        await _book.Refreshing;

        Assert.NotNull(await _book.FindAsync("b", default));
    }

    [Fact]
    public async Task Stops_waiting_for_a_storage_that_hangs()
    {
        await AddAsync("a");
        await _book.FindAsync("a", default);
        Advance(5);
        _store.Gate = new TaskCompletionSource().Task;
        var call = _book.FindAsync("a", default).AsTask();
        Assert.False(call.IsCompleted);

        Advance(2);

        Assert.NotNull(await call);
        Assert.NotNull(await _book.FindAsync("a", default));
    }

    [Fact]
    public async Task Answers_503_when_storage_was_never_reached()
    {
        _store.IsDown = true;

        Assert.Equal(503, (await Assert.ThrowsAsync<GatewayException>(async () => await _book.FindAsync("a", default))).Status);
        Assert.Equal(new RouteHealth(null, "Storage answered 503 ServerBusy."), await _book.CheckAsync(default));
    }

    [Fact]
    public async Task Serves_its_own_changes_at_once_and_no_older_reading_takes_them_back()
    {
        await AddAsync("old");
        await _book.SnapshotAsync(default);
        Advance(5);
        var gate = new TaskCompletionSource();
        _store.Gate = gate.Task;
        var reading = _book.SnapshotAsync(default).AsTask();

        _book.Apply((await _rows.CommitAsync([Some.Add("mine")], null, default)).Changes);
        var old = (await _rows.FindAsync("old", default))!;
        var removal = (await _rows.CommitAsync([new RouteEdit("old", null, old.ETag)], null, default)).Changes;
        _book.Apply(removal);
        _book.Apply([RouteChange.Of(old)]);
        gate.SetResult();

        var snapshot = await reading;
        Assert.NotNull(snapshot.Find("mine"));
        Assert.Null(snapshot.Find("old"));
    }

    [Fact]
    public async Task Loads_everything_anew_below_the_floor()
    {
        await AddAsync("a");
        await AddAsync("b");
        await _book.SnapshotAsync(default);
        await RemoveAsync("a");
        Advance(86_401);
        await _rows.SweepAsync(_time.GetUtcNow() - TimeSpan.FromDays(1), default);
        await AddAsync("c");

        var snapshot = await _book.SnapshotAsync(default);

        Assert.Equal(["b", "c"], snapshot.InOrder.Select(route => route.Name));
        Assert.Equal([-1, -1], _store.ChangesAskedAfter);
    }

    [Fact]
    public async Task Starts_over_when_the_store_was_emptied()
    {
        await AddAsync("a");
        await _book.SnapshotAsync(default);

        var snapshot = (await _book.SnapshotAsync(default)).Anew([], 0);

        Assert.Empty(snapshot.InOrder);
    }

    [Fact]
    public async Task Sweeps_removals_of_more_than_a_day_ago_when_it_meets_them()
    {
        await AddAsync("a");
        await RemoveAsync("a");
        Advance(90_000);

        await _book.SnapshotAsync(default);
        await _book.Refreshing;

        Assert.Equal(2, (await _rows.VersionAsync(default)).Floor);
    }

    [Fact]
    public async Task Lists_imported_routes_in_file_order_and_the_others_in_creation_order()
    {
        await AddAsync("z");
        await AddAsync("y");
        await _rows.CommitAsync([new RouteEdit("file2", Some.Route("file2") with { Sequence = 2 }, null), new RouteEdit("file1", Some.Route("file1") with { Sequence = 1 }, null)], null, default);

        Assert.Equal(["file1", "file2", "z", "y"], (await _book.SnapshotAsync(default)).InOrder.Select(route => route.Name));
    }

    private Task<RouteCommit> AddAsync(string name) => _rows.CommitAsync([Some.Add(name)], null, default);

    private async Task RemoveAsync(string name) =>
        await _rows.CommitAsync([new RouteEdit(name, null, (await _rows.FindAsync(name, default))!.ETag)], null, default);

    private void Advance(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}

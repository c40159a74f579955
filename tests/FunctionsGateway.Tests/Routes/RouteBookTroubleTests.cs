using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

/// <summary>What must not trouble the reading of routes.</summary>
public sealed class RouteBookTroubleTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Stays_healthy_when_only_the_sweep_fails()
    {
        var rows = new MemoryRouteStore(_time);
        var book = Some.Book(new WatchedStore(rows) { FailsToSweep = true }, _time);
        await rows.CommitAsync([Some.Add("a")], null, default);
        await rows.CommitAsync([new RouteEdit("a", null, (await rows.FindAsync("a", default))!.ETag)], null, default);
        _time.Advance(TimeSpan.FromSeconds(90_000));

        await book.SnapshotAsync(default);
        await book.Refreshing;

        Assert.Null((await book.CheckAsync(default)).Reason);
    }

    [Fact]
    public void Never_writes_into_a_snapshot_that_others_hold()
    {
        RouteSnapshot.Empty.Anew([new RouteChange("gone", 2, null, "", _time.GetUtcNow())], 2);

        Assert.NotNull(RouteSnapshot.Empty.Anew([RouteChange.Of(Some.Route("gone") with { Version = 1 })], 1).Find("gone"));
    }

    [Fact]
    public async Task Forgets_later_names_though_an_earlier_reading_hangs()
    {
        var hung = new TaskCompletionSource();
        var store = new WatchedStore(new MemoryRouteStore(_time)) { Gate = hung.Task };
        var names = new UnknownNames(store, _time);
        var first = names.FindAsync("hangs", default);
        await Eventually(() => store.Finds == 1);
        store.Gate = Task.CompletedTask;
        Assert.Null(await names.FindAsync("later", default));
        _time.Advance(TimeSpan.FromSeconds(1));

        await names.FindAsync("another", default);

        Assert.Equal(1, names.Count);
        hung.SetResult();
        Assert.Null(await first);
    }

    private static async Task Eventually(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(5);
        }
    }
}

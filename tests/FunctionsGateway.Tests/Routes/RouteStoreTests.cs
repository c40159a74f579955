using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

/// <summary>What both stores promise.</summary>
public abstract class RouteStoreTests
{
    private protected ManualTime Time { get; } = new();

    /// <summary>One more instance over the same rows.</summary>
    private protected abstract IRouteStore Another();

    [Fact]
    public async Task Starts_with_nothing()
    {
        var store = Another();

        Assert.Equal(default, await store.VersionAsync(default));
        Assert.Null(await store.FindAsync("a", default));
        Assert.Empty(await store.AllAsync());
        await store.SweepAsync(Time.GetUtcNow(), default);
    }

    [Fact]
    public async Task Returns_what_was_stored_with_version_sequence_and_ETag()
    {
        var store = Another();
        var asked = Some.Route("naïve.b-c_d", new Limit(5, "5 minutes", "user")) with
        {
            TokenLimits = [new TokenLimit(100, "day", null)],
            Options = new RouteOptionSet { AnswerShape = "candidates", PartTokens = new PartTokens(85, null, 10), Deadlines = new RouteDeadlines(null, TimeSpan.FromSeconds(9), null, null, null) },
            Created = Time.GetUtcNow(),
            Updated = Time.GetUtcNow(),
        };

        var commit = await store.CommitAsync([new RouteEdit(asked.Name, asked, null)], null, default);

        var made = commit.Changes[0].Route!;
        Assert.Null(commit.Refused);
        Assert.Equal((1L, 1L), (made.Version, made.LimitsVersion));
        Assert.True(made.Sequence >= RouteEdit.FirstOwnSequence);
        Assert.NotEmpty(made.ETag);
        var found = (await Another().FindAsync(asked.Name, default))!;
        Assert.Equal(made.ETag, found.ETag);
        Assert.Equal(RouteJson.Write(made), RouteJson.Write(found));
        Assert.Equal(1, found.Version);
        Assert.Equal(new RouteVersion(1, 0), await store.VersionAsync(default));
    }

    [Fact]
    public async Task Tells_only_what_changed_after_a_version()
    {
        var store = Another();
        await store.CommitAsync([Some.Add("a")], null, default);
        await store.CommitAsync([Some.Add("b"), Some.Add("c")], null, default);
        var b = (await store.FindAsync("b", default))!;
        await store.CommitAsync([new RouteEdit("b", null, b.ETag)], null, default);

        Assert.Equal(["b", "c"], (await store.AllAsync(1)).Select(change => change.Name).Order());
        var removed = Assert.Single(await store.AllAsync(2));
        Assert.Equal(("b", 3L, null), (removed.Name, removed.Version, removed.Route));
        Assert.Null(await store.FindAsync("b", default));
    }

    [Fact]
    public async Task Refuses_a_name_that_is_taken_and_changes_nothing()
    {
        var store = Another();
        await store.CommitAsync([Some.Add("a")], null, default);

        var commit = await store.CommitAsync([Some.Add("b"), Some.Add("a")], null, default);

        Assert.Equal("a", commit.Refused);
        Assert.Null(await store.FindAsync("b", default));
        Assert.Equal(1, (await store.VersionAsync(default)).Number);
    }

    [Fact]
    public async Task Refuses_an_old_ETag()
    {
        var store = Another();
        var first = (await store.CommitAsync([Some.Add("a")], null, default)).Changes[0];
        var second = (await store.CommitAsync([new RouteEdit("a", first.Route, first.ETag)], null, default)).Changes[0];

        Assert.Equal("a", (await store.CommitAsync([new RouteEdit("a", first.Route, first.ETag)], null, default)).Refused);
        Assert.Equal("a", (await store.CommitAsync([new RouteEdit("a", null, first.ETag)], null, default)).Refused);
        Assert.Null((await store.CommitAsync([new RouteEdit("a", null, second.ETag)], null, default)).Refused);
        Assert.Equal("a", (await store.CommitAsync([new RouteEdit("a", null, second.ETag)], null, default)).Refused);
    }

    [Fact]
    public async Task Creates_over_what_a_removed_route_left_and_keeps_the_limits_version_growing()
    {
        var store = Another();
        var first = (await store.CommitAsync([Some.Add("a")], null, default)).Changes[0];
        await store.CommitAsync([new RouteEdit("a", null, first.ETag)], null, default);

        var again = await Another().CommitAsync([Some.Add("a")], null, default);

        Assert.Equal(3, again.Changes[0].Route!.LimitsVersion);
        Assert.Equal(3, (await store.FindAsync("a", default))!.Version);
    }

    [Fact]
    public async Task Counts_a_change_of_limits_only_where_it_is_one()
    {
        var store = Another();
        var first = (await store.CommitAsync([Some.Add("a")], null, default)).Changes[0];

        var second = (await store.CommitAsync([new RouteEdit("a", first.Route, first.ETag)], null, default)).Changes[0];
        var third = (await store.CommitAsync([new RouteEdit("a", second.Route, second.ETag, LimitsChanged: true)], null, default)).Changes[0];

        Assert.Equal((1L, 3L), (second.Route!.LimitsVersion, third.Route!.LimitsVersion));
        Assert.Equal(first.Route!.Sequence, third.Route.Sequence);
    }

    [Fact]
    public async Task Lets_exactly_one_of_32_creators_of_a_name_win()
    {
        var stores = Enumerable.Range(0, 4).Select(_ => Another()).ToArray();

        var commits = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() =>
            stores[i % 4].CommitAsync([new RouteEdit("a", Some.Route("a") with { Id = $"e-{i}" }, null)], null, default))));

        var winner = Assert.Single(commits, commit => commit.Refused is null);
        Assert.All(commits.Except([winner]), commit => Assert.Equal("a", commit.Refused));
        Assert.Equal(winner.Changes[0].Route!.Id, (await stores[0].FindAsync("a", default))!.Id);
    }

    [Fact]
    public async Task Lets_creators_of_different_names_all_win()
    {
        var stores = Enumerable.Range(0, 4).Select(_ => Another()).ToArray();

        var commits = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => stores[i % 4].CommitAsync([Some.Add($"r{i}")], null, default))));

        Assert.All(commits, commit => Assert.Null(commit.Refused));
        Assert.Equal(16, (await stores[0].VersionAsync(default)).Number);
        Assert.Equal(16, commits.Select(commit => commit.Changes[0].Route!.Sequence).Distinct().Count());
    }

    [Fact]
    public async Task Forgets_removals_of_long_ago_and_raises_the_floor()
    {
        var store = Another();
        var a = (await store.CommitAsync([Some.Add("a"), Some.Add("b")], null, default)).Changes;
        await store.CommitAsync([new RouteEdit("a", null, a[0].ETag)], null, default);
        Time.Advance(TimeSpan.FromHours(2));
        await store.CommitAsync([new RouteEdit("b", null, a[1].ETag)], null, default);

        await store.SweepAsync(Time.GetUtcNow() - TimeSpan.FromHours(1), default);

        Assert.Equal("b", Assert.Single(await store.AllAsync()).Name);
        Assert.Equal(new RouteVersion(3, 2), await store.VersionAsync(default));
        Assert.Null((await store.CommitAsync([Some.Add("a")], null, default)).Refused);
    }

    [Fact]
    public async Task Writes_nothing_of_a_batch_whose_lease_was_lost()
    {
        var store = Another();
        var lease = (await store.CommitAsync([], new ImportState("file", "h", null, "me", Time.GetUtcNow(), null), default)).Import!;
        await store.CommitAsync([], lease with { Owner = "other" }, default);

        var commit = await store.CommitAsync([Some.Add("a")], lease, default);

        Assert.Equal("", commit.Refused);
        Assert.Null(commit.Import);
        Assert.Null(await store.FindAsync("a", default));
        Assert.Equal("other", (await store.FindImportAsync("file", default))!.Owner);
    }

    [Fact]
    public async Task Writes_98_routes_and_the_import_state_at_once()
    {
        var store = Another();

        var commit = await store.CommitAsync([.. Enumerable.Range(0, 98).Select(i => Some.Add($"r{i}"))], new ImportState("file", "h", "h", null, Time.GetUtcNow(), null), default);

        Assert.Null(commit.Refused);
        Assert.Equal(98, (await store.AllAsync()).Count);
        Assert.Equal(commit.Import, await store.FindImportAsync("file", default));
    }

    [Theory]
    [InlineData("a/b\\c#d?e%f+g h\u0001")]
    [InlineData("路由-😀")]
    [InlineData("version")]
    [InlineData("~0041")]
    [InlineData(null)]
    public async Task Holds_any_name(string? name)
    {
        name ??= new string('é', 256);
        var store = Another();

        Assert.Null((await store.CommitAsync([Some.Add(name)], null, default)).Refused);

        Assert.Equal(name, (await store.FindAsync(name, default))!.Name);
        Assert.Equal(name, Assert.Single(await store.AllAsync()).Name);
        Assert.Null(await store.FindAsync(name.ToUpperInvariant() + "x", default));
    }

    [Fact]
    public async Task Holds_a_route_longer_than_one_property()
    {
        var store = Another();
        var text = string.Concat(Enumerable.Repeat("😀abc", 20_000));
        var route = Some.Route("a");
        route.Targets[0].Config["openai_organization"] = text;

        await store.CommitAsync([new RouteEdit("a", route, null)], null, default);

        Assert.Equal(text, (string?)(await store.FindAsync("a", default))!.Targets[0].Config["openai_organization"]);
    }
}

public sealed class MemoryRouteStoreTests : RouteStoreTests
{
    private MemoryRouteStore? _store;

    private protected override IRouteStore Another() => _store ??= new MemoryRouteStore(Time);
}

public sealed class TableRouteStoreTests(AzuriteFixture azurite) : RouteStoreTests, IClassFixture<AzuriteFixture>
{
    private readonly string _table = azurite.NewTableName();

    [Fact]
    public async Task Refuses_a_route_that_no_row_can_hold()
    {
        var route = Some.Route("a") with { Targets = [Some.Route("a").Targets[0] with { Config = new JsonObject { ["x"] = new string('x', 500_000) } }] };

        var refusal = await Assert.ThrowsAsync<GatewayException>(() => Another().CommitAsync([new RouteEdit("a", route, null)], null, default));

        Assert.Equal(413, refusal.Status);
        Assert.Contains("480000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finishes_a_commit_whose_caller_has_left()
    {
        using var caller = new CancellationTokenSource();
        var lossy = new LossyTransport { BeforeTransaction = caller.Cancel };
        using var store = Storage.TableRoutes.Store(azurite.ConnectionString, azurite.NewTableName(), new ManualTime(), lossy);
        await store.CommitAsync([Some.Add("a")], null, default);
        using var other = new CancellationTokenSource();
        lossy.BeforeTransaction = other.Cancel;

        var commit = await store.CommitAsync([Some.Add("b")], null, other.Token);

        Assert.Equal("b", Assert.Single(commit.Changes).Name);
        Assert.NotNull(await store.FindAsync("b", default));
    }

    [Fact]
    public async Task Recognises_its_own_commit_when_the_answer_was_lost()
    {
        var lossy = new LossyTransport();
        var store = Storage.TableRoutes.Store(azurite.ConnectionString, _table, Time, lossy);
        await store.CommitAsync([Some.Add("first")], null, default);

        lossy.LoseNextTransactionAnswer = true;
        var commit = await store.CommitAsync([Some.Add("a")], new ImportState("file", "h", null, "me", Time.GetUtcNow(), null), default);

        Assert.Equal(1, lossy.Lost);
        Assert.Null(commit.Refused);
        Assert.Equal(2, commit.Changes[0].Route!.Version);
        Assert.NotNull(commit.Import);
    }

    private protected override IRouteStore Another() => Storage.TableRoutes.Store(azurite.ConnectionString, _table, Time);
}

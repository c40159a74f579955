using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Import;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Routes;

/// <summary>The import, over both stores.</summary>
public abstract partial class ConfigImportTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    private protected ManualTime Time { get; } = new();

    private protected abstract IRouteStore Store { get; }

    public void Dispose()
    {
        File.Delete(_path);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Imports_the_file_and_every_change_of_it()
    {
        var instance = Instance();
        await WriteAndCheckAsync(instance, "b", "a");
        Assert.Equal(["b", "a"], await NamesAsync());

        await WriteAndCheckAsync(instance, "a", "c");

        Assert.Equal(["a", "c"], await NamesAsync());
        Assert.Null(instance.Trouble);
        Assert.All(await Store.AllAsync(), row => Assert.True(row.Route is null || row.Route.Source == "file"));
    }

    [Fact]
    public async Task Writes_only_what_changed()
    {
        var instance = Instance();
        await WriteAndCheckAsync(instance, "a", "b");
        var before = await Store.VersionAsync(default);

        await File.AppendAllTextAsync(_path, "# a remark\n");
        await PollAsync(instance);
        Assert.Equal(before, await Store.VersionAsync(default));

        await WriteAndCheckAsync(instance, "a", "b", "c");
        Assert.Equal("c", Assert.Single(await Store.AllAsync(before.Number)).Name);
    }

    [Fact]
    public async Task Changes_nothing_when_the_new_file_is_invalid_or_gone_and_says_why()
    {
        var instance = Instance();
        await WriteAndCheckAsync(instance, "a");
        var before = await Store.VersionAsync(default);

        await File.WriteAllTextAsync(_path, "endpoints: [{name: b}]");
        await PollAsync(instance);
        Assert.Contains("line 1: The gateway configuration is invalid: endpoints.0.endpoint_type: Field required", instance.Trouble, StringComparison.Ordinal);
        await PollAsync(instance, _path + ".none");
        Assert.EndsWith("does not exist", instance.Trouble, StringComparison.Ordinal);

        Assert.Equal(before, await Store.VersionAsync(default));
        await WriteAndCheckAsync(instance, "a", "d");
        Assert.Equal(["a", "d"], await NamesAsync());
        Assert.Null(instance.Trouble);
    }

    [Fact]
    public async Task Refuses_a_name_that_the_API_took_before_it_writes_anything()
    {
        await Store.CommitAsync([Some.Add("taken")], null, default);
        var instance = Instance();

        await WriteAndCheckAsync(instance, "a", "taken");

        Assert.Equal("line 3: The name 'taken' is taken by a route that was made through the API.", instance.Trouble);
        Assert.Equal(["taken"], await NamesAsync());

        var row = (await Store.FindAsync("taken", default))!;
        await Store.CommitAsync([new RouteEdit("taken", null, row.ETag)], null, default);
        Time.Advance(TimeSpan.FromSeconds(10));
        await PollAsync(instance);
        Assert.Equal(["a", "taken"], await NamesAsync());
        Assert.Null(instance.Trouble);
    }

    [Fact]
    public async Task Removes_only_rows_of_its_own_source()
    {
        await Store.CommitAsync([Some.Add("mine"), new RouteEdit("others", Some.Route("others") with { Source = "second" }, null)], null, default);
        var instance = Instance();

        await WriteAndCheckAsync(instance, "a");
        await WriteAndCheckAsync(instance, "b");

        Assert.Equal(["b", "mine", "others"], (await NamesAsync()).Order());
    }

    [Fact]
    public async Task Keeps_limits_that_were_set_through_the_API()
    {
        var instance = Instance();
        await WriteAndCheckAsync(instance, "a");
        var stored = (await Store.FindAsync("a", default))!;
        await Store.CommitAsync([new RouteEdit("a", stored with { Limits = [new Limit(3, "minute", "user")], LimitsSetByApi = true }, stored.ETag, LimitsChanged: true)], null, default);

        await File.WriteAllTextAsync(_path, "endpoints:\n  - {name: a, endpoint_type: llm/v1/completions, limit: {calls: 9, renewal_period: hour}, model: {provider: openai, config: {openai_api_key: $TEST_API_KEY}}}");
        await PollAsync(instance);

        var changed = (await Store.FindAsync("a", default))!;
        Assert.Equal(RouteType.Completions, changed.Type);
        Assert.Equal(new Limit(3, "minute", "user"), Assert.Single(changed.Limits));
        Assert.Equal((stored.Id, stored.Targets[0].Id), (changed.Id, changed.Targets[0].Id));
    }

    [Fact]
    public async Task Is_done_once_for_two_instances()
    {
        await WriteAsync([.. Enumerable.Range(0, 250).Select(i => $"r{i}")]);

        // Whoever comes second waits for the other's lease, so the clock goes on until both are done.
        await PatientAsync(Task.WhenAll(Task.Run(() => Instance().CheckAsync(_path, default)), Task.Run(() => Instance().CheckAsync(_path, default))));

        Assert.Equal(3, (await Store.VersionAsync(default)).Number);
        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"r{i}"), await NamesAsync());
        var state = (await Store.FindImportAsync("file", default))!;
        Assert.Equal((state.Hash, null), (state.Applied, state.Owner));
    }

    [Fact]
    public async Task Waits_for_a_lease_and_takes_it_over_when_it_has_expired()
    {
        await Store.CommitAsync([], new ImportState("file", "other", null, "crashed", Time.GetUtcNow() + TimeSpan.FromSeconds(30), null), default);
        await WriteAsync("a");
        var check = Instance().CheckAsync(_path, default);

        for (var second = 0; second < 29; second++)
        {
            await SettleAsync();
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await SettleAsync();
        Assert.False(check.IsCompleted);
        while (!check.IsCompleted)
        {
            await SettleAsync();
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await check;
        Assert.Equal(["a"], await NamesAsync());
    }

    [Fact]
    public async Task Runs_again_from_the_start_when_an_import_was_left_unfinished()
    {
        await WriteAndCheckAsync(Instance(), "a", "b");
        var applied = (await Store.FindImportAsync("file", default))!;
        // Another file was being written when its instance died: "b" is gone already, and "x" is there.
        var b = (await Store.FindAsync("b", default))!;
        await Store.CommitAsync(
            [new RouteEdit("b", null, b.ETag), new RouteEdit("x", Some.Route("x") with { Source = "file" }, null)],
            applied with { Hash = "other", Applied = null, Owner = "crashed", Until = Time.GetUtcNow() },
            default);

        await PollAsync(Instance());

        Assert.Equal(["a", "b"], await NamesAsync());
    }

    [Fact]
    public async Task Does_not_flap_between_two_files()
    {
        var (old, renewed) = (Instance(), Instance());
        await WriteAndCheckAsync(old, "a");
        var other = Path.GetTempFileName();
        File.Copy(_path, other, overwrite: true);
        await WriteAsync("b");

        await PollAsync(renewed);
        Time.Advance(TimeSpan.FromMinutes(1));
        await PollAsync(old, other);

        Assert.Equal(["b"], await NamesAsync());
        File.Delete(other);
    }

    private protected ConfigImport Instance() => new(
        Store,
        Some.Book(Store, Time),
        Some.Reader(Time),
        Microsoft.Extensions.Options.Options.Create(Some.Options()),
        Time,
        NullLogger<ConfigImport>.Instance);

    // Two polls running must see the same.
    private protected async Task PollAsync(ConfigImport instance, string? path = null)
    {
        await PatientAsync(instance.CheckAsync(path ?? _path, default));
        await PatientAsync(instance.CheckAsync(path ?? _path, default));
    }

    private async Task PatientAsync(Task check)
    {
        while (!check.IsCompleted)
        {
            await SettleAsync();
            Time.Advance(TimeSpan.FromSeconds(1) / 100);
        }

        await check;
    }

    // Real work runs between two movements of the clock.
    private static Task SettleAsync() => Task.Delay(10);

    private async Task WriteAndCheckAsync(ConfigImport instance, params string[] names)
    {
        await WriteAsync(names);
        await PollAsync(instance);
    }

    private Task WriteAsync(params string[] names) => File.WriteAllTextAsync(
        _path,
        "endpoints:\n" + string.Concat(names.Select(name => $"  - {{name: {name}, endpoint_type: llm/v1/chat, model: {{provider: openai, config: {{openai_api_key: $TEST_API_KEY}}}}}}\n")));

    private async Task<string[]> NamesAsync() =>
        [.. (await Store.AllAsync()).Select(row => row.Route).OfType<GatewayRoute>().OrderBy(route => route.Sequence).Select(route => route.Name)];
}

public sealed class MemoryConfigImportTests : ConfigImportTests
{
    private MemoryRouteStore? _store;

    private protected override IRouteStore Store => _store ??= new MemoryRouteStore(Time);
}

public sealed class TableConfigImportTests(AzuriteFixture azurite) : ConfigImportTests, IClassFixture<AzuriteFixture>
{
    private readonly string _table = azurite.NewTableName();

    private protected override IRouteStore Store => Storage.TableRoutes.Store(azurite.ConnectionString, _table, Time);
}

using FunctionsGateway.Routes;

namespace FunctionsGateway.Tests.Routes;

/// <summary>Files that are half-written, that clash, or that are old.</summary>
public abstract partial class ConfigImportTests
{
    [Fact]
    public async Task Never_takes_a_file_that_only_one_look_has_found()
    {
        var instance = Instance();
        await WriteAndCheckAsync(instance, "a", "b");

        await WriteAsync("a");
        await instance.CheckAsync(_path, default);
        await WriteAsync("a", "b", "c");
        await instance.CheckAsync(_path, default);

        Assert.Equal(["a", "b"], await NamesAsync());
        await instance.CheckAsync(_path, default);
        Assert.Equal(["a", "b", "c"], await NamesAsync());
    }

    [Fact]
    public async Task Looks_twice_at_the_start()
    {
        var instance = Instance();
        await WriteAsync("a");
        var check = instance.CheckAsync(_path, default);
        await SettleAsync();
        await WriteAsync("a", "b");
        await PatientAsync(check);

        Assert.Empty(await NamesAsync());
        await instance.CheckAsync(_path, default);
        Assert.Equal(["a", "b"], await NamesAsync());
    }

    [Fact]
    public async Task Reads_the_file_again_before_it_removes_anything()
    {
        await WriteAndCheckAsync(Instance(), "a", "b");
        await WriteAsync("a");
        var held = (await Store.FindImportAsync("file", default))!;
        await Store.CommitAsync([], held with { Owner = "other", Until = Time.GetUtcNow() + TimeSpan.FromSeconds(2) }, default);
        var check = Instance().CheckAsync(_path, default);
        for (var moment = 0; moment < 20; moment++)
        {
            await SettleAsync();
            Time.Advance(TimeSpan.FromMilliseconds(20));
        }

        await WriteAsync("a", "b");
        await PatientAsync(check);

        Assert.Equal(["a", "b"], await NamesAsync());
    }

    [Fact]
    public async Task Leaves_no_trace_of_a_file_that_clashes()
    {
        await WriteAndCheckAsync(Instance(), "a");
        await Store.CommitAsync([Some.Add("taken")], null, default);
        var before = await Store.FindImportAsync("file", default);

        await WriteAndCheckAsync(Instance(), "a", "taken");

        Assert.Equal(before, await Store.FindImportAsync("file", default));
    }

    [Fact]
    public async Task Never_puts_an_old_file_over_one_that_came_after_it()
    {
        await Store.CommitAsync([Some.Add("taken")], null, default);
        var old = Instance();
        await WriteAndCheckAsync(old, "old", "taken");
        var other = Path.GetTempFileName();
        File.Copy(_path, other, overwrite: true);
        await WriteAndCheckAsync(Instance(), "new");
        var row = (await Store.FindAsync("taken", default))!;
        await Store.CommitAsync([new RouteEdit("taken", null, row.ETag)], null, default);

        Time.Advance(TimeSpan.FromSeconds(10));
        await PollAsync(old, other);

        Assert.Equal(["new"], await NamesAsync());
        Assert.StartsWith("Another instance has imported another version", old.Trouble, StringComparison.Ordinal);
        File.Delete(other);
    }
}

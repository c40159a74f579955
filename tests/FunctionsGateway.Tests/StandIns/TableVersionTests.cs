using Azure;
using Azure.Data.Tables;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.StandIns;

public sealed class TableVersionTests(AzuriteFixture azurite) : TableTest(azurite)
{
    [Fact]
    public async Task Chains_updates_by_the_version_in_the_answer()
    {
        var version = (await Table.AddEntityAsync(Row("r"))).Headers.ETag!.Value;
        for (var number = 1; number <= 3; number++)
        {
            version = (await Table.UpdateEntityAsync(Row("r", number), version, TableUpdateMode.Replace)).Headers.ETag!.Value;
        }

        var read = await ReadAsync("r");
        Assert.Equal((3, version), (read.GetInt32("Number"), read.ETag));
    }

    [Fact]
    public async Task Leaves_the_version_of_the_written_entity_alone()
    {
        await Table.AddEntityAsync(Row("r"));
        var read = await ReadAsync("r");
        var before = read.ETag;
        await Table.UpdateEntityAsync(read, read.ETag);

        Assert.Equal(before, read.ETag);
    }

    [Theory]
    [InlineData(TableUpdateMode.Merge)]
    [InlineData(TableUpdateMode.Replace)]
    public async Task Refuses_a_stale_version_and_changes_nothing(TableUpdateMode mode)
    {
        var stale = (await Table.AddEntityAsync(Row("r", 1))).Headers.ETag!.Value;
        await Table.UpdateEntityAsync(Row("r", 2), stale);

        var update = await Assert.ThrowsAsync<RequestFailedException>(() => Table.UpdateEntityAsync(Row("r", 3), stale, mode));
        var delete = await Assert.ThrowsAsync<RequestFailedException>(() => Table.DeleteEntityAsync("p", "r", stale));

        Assert.Equal((412, "UpdateConditionNotSatisfied"), (update.Status, update.ErrorCode));
        Assert.Equal((412, "UpdateConditionNotSatisfied"), (delete.Status, delete.ErrorCode));
        Assert.Equal(2, (await ReadAsync("r")).GetInt32("Number"));
    }

    [Fact]
    public async Task Demands_a_version_of_an_update()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Table.UpdateEntityAsync(Row("r"), default));
        await Assert.ThrowsAsync<ArgumentException>(() => Table.UpdateEntityAsync(Row("r"), Row("r").ETag));
    }

    [Fact]
    public async Task Refuses_to_update_a_row_that_is_not_there()
    {
        var any = await Assert.ThrowsAsync<RequestFailedException>(() => Table.UpdateEntityAsync(Row("r"), ETag.All));

        Assert.Equal((404, "ResourceNotFound"), (any.Status, any.ErrorCode));
    }

    [Fact]
    public async Task Merges_or_replaces_as_asked()
    {
        await Table.UpsertEntityAsync(new TableEntity("p", "r") { ["A"] = 1 });
        await Table.UpsertEntityAsync(new TableEntity("p", "r") { ["B"] = 2 });
        var merged = await ReadAsync("r");
        await Table.UpsertEntityAsync(new TableEntity("p", "r") { ["C"] = 3 }, TableUpdateMode.Replace);
        var replaced = await ReadAsync("r");

        Assert.Equal((1, 2), (merged.GetInt32("A"), merged.GetInt32("B")));
        Assert.False(replaced.ContainsKey("A"));
        Assert.Equal(3, replaced.GetInt32("C"));
    }

    [Fact]
    public async Task Deletes_a_row_whatever_its_version_and_says_404_of_a_missing_one()
    {
        await Table.AddEntityAsync(Row("r"));
        await Table.AddEntityAsync(Row("s"));

        Assert.Equal(204, (await Table.DeleteEntityAsync("p", "r")).Status);
        Assert.Equal(204, (await Table.DeleteEntityAsync(Row("s"))).Status);
        Assert.Equal(404, (await Table.DeleteEntityAsync("p", "r")).Status);
    }

    [Fact]
    public async Task Lets_exactly_one_of_many_writers_win_a_version()
    {
        var version = (await Table.AddEntityAsync(Row("r"))).Headers.ETag!.Value;
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 16).Select(async number =>
        {
            try
            {
                await Table.UpdateEntityAsync(Row("r", number), version, TableUpdateMode.Replace);
                return number;
            }
            catch (RequestFailedException refusal) when (refusal.Status == 412)
            {
                return 0;
            }
        }));

        Assert.Equal(Assert.Single(outcomes, number => number > 0), (await ReadAsync("r")).GetInt32("Number"));
    }
}

using Azure;
using Azure.Data.Tables;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.StandIns;

public sealed class TableTransactionTests(AzuriteFixture azurite) : TableTest(azurite)
{
    [Fact]
    public async Task Does_every_kind_of_action()
    {
        await Table.AddEntityAsync(new TableEntity("p", "merge") { ["A"] = 1 });
        var version = (await Table.AddEntityAsync(new TableEntity("p", "replace") { ["A"] = 1 })).Headers.ETag!.Value;
        await Table.AddEntityAsync(Row("delete"));

        var answer = await Table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, Row("it's 100% 漢字", 1)),
            new(TableTransactionActionType.UpdateMerge, new TableEntity("p", "merge") { ["B"] = 2 }, ETag.All),
            new(TableTransactionActionType.UpdateReplace, new TableEntity("p", "replace") { ["B"] = 2 }, version),
            new(TableTransactionActionType.Delete, Row("delete")),
            new(TableTransactionActionType.UpsertMerge, Row("upsert-merge", 5)),
            new(TableTransactionActionType.UpsertReplace, Row("upsert'replace", 6)),
        ]);

        Assert.Equal(202, answer.GetRawResponse().Status);
        Assert.All(answer.Value, part => Assert.Equal(204, part.Status));
        Assert.Equal(6, answer.Value.Count);
        Assert.Equal((await ReadAsync("it's 100% 漢字")).ETag, answer.Value[0].Headers.ETag);
        Assert.Equal((await ReadAsync("replace")).ETag, answer.Value[2].Headers.ETag);
        Assert.True((await ReadAsync("merge")).ContainsKey("A"));
        Assert.False((await ReadAsync("replace")).ContainsKey("A"));
        Assert.False((await Table.GetEntityIfExistsAsync<TableEntity>("p", "delete")).HasValue);
        Assert.Equal(5, (await ReadAsync("upsert-merge")).GetInt32("Number"));
        Assert.Equal(6, (await ReadAsync("upsert'replace")).GetInt32("Number"));
    }

    [Fact]
    public async Task Names_the_refused_action_and_does_nothing()
    {
        var stale = (await Table.AddEntityAsync(Row("version", 1))).Headers.ETag!.Value;
        await Table.UpdateEntityAsync(Row("version", 2), stale);

        var failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => Table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, Row("a")),
            new(TableTransactionActionType.Add, Row("b")),
            new(TableTransactionActionType.UpdateReplace, Row("version", 3), stale),
        ]));

        Assert.Equal((412, "UpdateConditionNotSatisfied"), (failure.Status, failure.ErrorCode));
        Assert.Equal(2, failure.FailedTransactionActionIndex);
        Assert.Equal("version", Assert.Single(await Table.QueryAsync<TableEntity>().ToArrayAsync()).RowKey);
    }

    [Fact]
    public async Task Names_the_row_that_is_there_already()
    {
        await Table.AddEntityAsync(Row("b"));
        var failure = await Assert.ThrowsAsync<TableTransactionFailedException>(() => Table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, Row("a")),
            new(TableTransactionActionType.Add, Row("b")),
        ]));

        Assert.Equal((409, "EntityAlreadyExists", 1), (failure.Status, failure.ErrorCode, failure.FailedTransactionActionIndex));
    }

    [Fact]
    public async Task Refuses_a_transaction_of_nothing() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => Table.SubmitTransactionAsync([]));

    [Fact]
    public async Task Takes_a_hundred_rows()
    {
        var rows = Enumerable.Range(0, 100).Select(number => Row($"r{number:000}", number));
        var answer = await Table.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.UpsertReplace, row)));

        Assert.Equal(100, answer.Value.Count);
        Assert.Equal(100, (await Table.QueryAsync<TableEntity>().ToArrayAsync()).Length);
    }
}

using Azure;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.StandIns;

public sealed class TableRowTests(AzuriteFixture azurite) : TableTest(azurite)
{
    [Fact]
    public async Task Reads_what_was_added_with_its_version_and_time()
    {
        var added = await Table.AddEntityAsync(Row("r", 7));
        var read = await ReadAsync("r");

        Assert.Equal(204, added.Status);
        Assert.Equal(added.Headers.ETag, read.ETag);
        Assert.NotNull(added.Headers.Date);
        Assert.Equal(("p", "r", 7), (read.PartitionKey, read.RowKey, read.GetInt32("Number")));
        Assert.NotNull(read.Timestamp);
    }

    [Fact]
    public async Task Keeps_every_type_through_a_round_trip()
    {
        var time = new DateTimeOffset(2026, 11, 21, 9, 25, 33, 586, TimeSpan.Zero).AddTicks(5553);
        var id = new Guid("0b5ea7a1-4b5d-4c3f-9d55-2f3e6f1d9a10");
        await Table.AddEntityAsync(new TableEntity("p", "r")
        {
            ["Text"] = "ä \"quoted\" \\ 漢字 😀\n",
            ["Empty"] = "",
            ["Int"] = int.MinValue,
            ["Long"] = long.MaxValue,
            ["SmallLong"] = 5L,
            ["Double"] = 0.1,
            ["WholeDouble"] = 5.0,
            ["True"] = true,
            ["Id"] = id,
            ["Time"] = time,
            ["UtcTime"] = time.UtcDateTime,
            ["Bytes"] = new byte[] { 0, 1, 254, 255 },
            ["Data"] = BinaryData.FromBytes(new byte[] { 9 }),
            ["Null"] = null,
        });

        var read = await ReadAsync("r");

        Assert.Equal("ä \"quoted\" \\ 漢字 😀\n", read.GetString("Text"));
        Assert.Equal("", read.GetString("Empty"));
        Assert.Equal(int.MinValue, read.GetInt32("Int"));
        Assert.Equal(long.MaxValue, read.GetInt64("Long"));
        Assert.Equal(5L, read.GetInt64("SmallLong"));
        Assert.Equal(0.1, read.GetDouble("Double"));
        Assert.Equal(5.0, read.GetDouble("WholeDouble"));
        Assert.True(read.GetBoolean("True"));
        Assert.Equal(id, read.GetGuid("Id"));
        Assert.Equal(time, read.GetDateTimeOffset("Time"));
        Assert.Equal(time.UtcDateTime, read.GetDateTime("UtcTime"));
        Assert.Equal(new byte[] { 0, 1, 254, 255 }, read.GetBinary("Bytes"));
        Assert.Equal(new byte[] { 9 }, read.GetBinaryData("Data")?.ToArray());
        Assert.Null(read.GetString("Null"));
        Assert.False(read.ContainsKey("Null"));
    }

    [Fact]
    public void Refuses_to_give_a_property_as_another_type()
    {
        var row = Row("r", 1);

        Assert.Throws<InvalidOperationException>(() => row.GetString("Number"));
        Assert.Throws<InvalidOperationException>(() => row["Number"] = "one");
        Assert.Null(row.GetInt64("Absent"));
    }

    [Fact]
    public async Task Says_409_to_a_second_add()
    {
        await Table.AddEntityAsync(Row("r"));
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(() => Table.AddEntityAsync(Row("r")));

        Assert.Equal((409, "EntityAlreadyExists"), (refusal.Status, refusal.ErrorCode));
        Assert.True(TableErrorCode.EntityAlreadyExists == refusal.ErrorCode);
    }

    [Fact]
    public async Task Tells_a_missing_row_from_a_missing_table()
    {
        var row = await Assert.ThrowsAsync<RequestFailedException>(() => ReadAsync("r"));
        var none = await Table.GetEntityIfExistsAsync<TableEntity>("p", "r");
        await Table.DeleteAsync();
        var table = await Assert.ThrowsAsync<RequestFailedException>(() => Table.AddEntityAsync(Row("r")));

        Assert.Equal((404, "ResourceNotFound"), (row.Status, row.ErrorCode));
        Assert.False(none.HasValue);
        Assert.Equal(404, none.GetRawResponse().Status);
        Assert.Equal((404, "TableNotFound"), (table.Status, table.ErrorCode));
    }

    [Fact]
    public async Task Reads_a_row_that_may_be_missing()
    {
        await Table.AddEntityAsync(Row("r", 3));
        var read = await Table.GetEntityIfExistsAsync<TableEntity>("p", "r");

        Assert.True(read.HasValue);
        Assert.Equal(3, read.Value!.GetInt32("Number"));
    }

    [Fact]
    public async Task Reads_only_selected_properties()
    {
        await Table.AddEntityAsync(new TableEntity("p", "r") { ["A"] = 1, ["B"] = 2 });
        var read = (await Table.GetEntityAsync<TableEntity>("p", "r", ["A"])).Value;

        Assert.Equal(1, read.GetInt32("A"));
        Assert.False(read.ContainsKey("B"));
    }

    [Theory]
    [InlineData("it's 'quoted'")]
    [InlineData("naïve 漢字 😀")]
    [InlineData("100% sure, 50%25")]
    [InlineData("a b+c&d=e;f:g@h!i(j)k,l*m~n.o-p_q[r]{s}|t\"u<v>^`$")]
    [InlineData("")]
    [InlineData("..")]
    public async Task Finds_a_row_by_any_lawful_key(string key)
    {
        await Table.AddEntityAsync(new TableEntity(key, key));
        var read = (await Table.GetEntityAsync<TableEntity>(key, key)).Value;
        await Table.UpdateEntityAsync(read, read.ETag, TableUpdateMode.Replace);
        await Table.UpsertEntityAsync(read);
        var found = await Table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {key}")).ToArrayAsync();
        var deleted = await Table.DeleteEntityAsync(key, key);

        Assert.Equal((key, key), (read.PartitionKey, read.RowKey));
        Assert.Equal(key, Assert.Single(found).RowKey);
        Assert.Equal(204, deleted.Status);
    }
}

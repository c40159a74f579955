using Azure;
using Azure.Data.Tables;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.StandIns;

public sealed class TableQueryTests(AzuriteFixture azurite) : TableTest(azurite)
{
    [Fact]
    public async Task Filters_by_every_type()
    {
        var time = new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);
        var id = new Guid("0b5ea7a1-4b5d-4c3f-9d55-2f3e6f1d9a10");
        await Table.AddEntityAsync(new TableEntity("p", "r")
        {
            ["Text"] = "o'clock", ["Int"] = 3, ["Long"] = 1L << 40, ["Double"] = 2.5, ["Truth"] = true, ["Time"] = time, ["Id"] = id,
        });
        await Table.AddEntityAsync(Row("other"));

        foreach (var filter in (FormattableString[])
        [
            $"Text eq {"o'clock"}", $"Int ge {3}", $"Long eq {1L << 40}", $"Double lt {2.75}", $"Truth eq {true}", $"Time eq {time}", $"Id eq {id}",
            $"PartitionKey eq {"p"} and RowKey ge {"r"} and RowKey lt {"s"}",
        ])
        {
            var found = await Table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter(filter)).ToArrayAsync();
            Assert.Equal("r", Assert.Single(found).RowKey);
        }
    }

    [Fact]
    public async Task Walks_all_pages_in_order()
    {
        await AddAsync(25);

        var rows = await Table.QueryAsync<TableEntity>(maxPerPage: 10).ToArrayAsync();
        var pages = new List<Page<TableEntity>>();
        await foreach (var page in Table.QueryAsync<TableEntity>().AsPages(pageSizeHint: 10))
        {
            pages.Add(page);
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(number => $"r{number:00}"), rows.Select(row => row.RowKey));
        Assert.Equal([10, 10, 5], pages.Select(page => page.Values.Count));
        Assert.True(string.IsNullOrEmpty(pages[^1].ContinuationToken));
    }

    [Fact]
    public async Task Goes_on_from_a_continuation_token()
    {
        await AddAsync(7);
        string? token = null;
        await foreach (var page in Table.QueryAsync<TableEntity>(maxPerPage: 3).AsPages())
        {
            token = page.ContinuationToken;
            break;
        }

        var rest = new List<TableEntity>();
        await foreach (var page in Table.QueryAsync<TableEntity>(maxPerPage: 3).AsPages(token))
        {
            rest.AddRange(page.Values);
        }

        Assert.Equal(["r03", "r04", "r05", "r06"], rest.Select(row => row.RowKey));
    }

    [Fact]
    public async Task Selects_properties()
    {
        await Table.AddEntityAsync(new TableEntity("p", "r") { ["A"] = 1, ["B"] = 2 });
        var row = Assert.Single(await Table.QueryAsync<TableEntity>(select: ["RowKey", "B"]).ToArrayAsync());

        Assert.Equal(("r", 2), (row.RowKey, row.GetInt32("B")));
        Assert.False(row.ContainsKey("A"));
    }

    [Fact]
    public async Task Finds_nothing_in_an_empty_table() => Assert.Empty(await Table.QueryAsync<TableEntity>().ToArrayAsync());

    [Fact]
    public async Task Says_400_of_a_filter_that_is_none()
    {
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(async () => await Table.QueryAsync<TableEntity>("this is no filter").ToArrayAsync());

        Assert.Equal(400, refusal.Status);
    }

    private async Task AddAsync(int count) =>
        await Table.SubmitTransactionAsync(Enumerable.Range(0, count).Select(number => new TableTransactionAction(TableTransactionActionType.Add, Row($"r{number:00}", number))));
}

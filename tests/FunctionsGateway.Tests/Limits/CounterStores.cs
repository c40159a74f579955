using Azure.Core.Pipeline;
using Azure.Data.Tables;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace FunctionsGateway.Tests.Limits;

/// <summary>What both forms of the counter store promise.</summary>
public class CounterStores(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly CounterIdentity Counter = new("chat", new WindowPeriod(1, WindowUnit.Minute), LimitResource.Calls, LimitKey.User, "ann");
    private static readonly LimitWindow Row = new() { Label = 7, Reserved = 3, Debt = 2, LimitsVersion = 9, Writer = "w", Sequence = 4, Writers = ["w", "v"], FormerWriters = ["u"] };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keeps_a_row_and_lets_one_writer_win(bool isTable)
    {
        var store = Store(isTable);
        var nothing = Assert.IsType<StoreAnswer.Lost>(await store.ReadAsync(Counter));
        Assert.Null(nothing.Row);
        var added = Assert.IsType<StoreAnswer.Won>(await store.AddAsync(Counter, Row));
        Assert.IsType<StoreAnswer.Lost>(await store.AddAsync(Counter, Row with { Reserved = 99 }));
        var replaced = Assert.IsType<StoreAnswer.Won>(await store.ReplaceAsync(Counter, Row with { Reserved = 5 }, added.ETag));
        var lost = Assert.IsType<StoreAnswer.Lost>(await store.ReplaceAsync(Counter, Row with { Reserved = 99 }, added.ETag));
        Assert.Equal((5L, replaced.ETag), (lost.Row!.Reserved, lost.ETag));
        Assert.Equal(["w", "v"], lost.Row.Writers);
        Assert.Equal((2L, 9L, "w", 4L, "u"), (lost.Row.Debt, lost.Row.LimitsVersion, lost.Row.Writer, lost.Row.Sequence, Assert.Single(lost.Row.FormerWriters)));
        Assert.All(new StoreAnswer[] { nothing, added, replaced, lost }, answer => Assert.True(answer.Mark.Date is not null && answer.Mark.Sent <= answer.Mark.Received));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Says_lost_when_the_row_was_swept(bool isTable)
    {
        var store = Store(isTable);
        var added = Assert.IsType<StoreAnswer.Won>(await store.AddAsync(Counter, Row with { Debt = 0 }));
        Assert.Equal(1, await store.SweepAsync(Counter.Period.EndOf(9).AddHours(1), TimeSpan.FromHours(6), CancellationToken.None));
        Assert.Null(Assert.IsType<StoreAnswer.Lost>(await store.ReplaceAsync(Counter, Row, added.ETag)).Row);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sweeps_once_an_interval_only_rows_that_are_over_and_owe_nothing(bool isTable)
    {
        var store = Store(isTable);
        await store.AddAsync(Counter, Row with { Debt = 0 });
        await store.AddAsync(Counter with { Key = "debtor" }, Row);
        await store.AddAsync(Counter with { Key = "later" }, Row with { Debt = 0, Label = 8 });
        var now = Counter.Period.EndOf(9).AddHours(1);
        Assert.Equal(0, await store.SweepAsync(now.AddHours(-7), TimeSpan.FromHours(6), CancellationToken.None));
        Assert.Equal(1, await store.SweepAsync(now, TimeSpan.FromHours(6), CancellationToken.None));
        Assert.Equal(0, await store.SweepAsync(now + TimeSpan.FromHours(5), TimeSpan.FromHours(6), CancellationToken.None));
        Assert.Equal(1, await store.SweepAsync(now + TimeSpan.FromHours(7), TimeSpan.FromHours(6), CancellationToken.None));
        Assert.NotNull(Assert.IsType<StoreAnswer.Lost>(await store.ReadAsync(Counter with { Key = "debtor" })).Row);
    }

    [Fact]
    public async Task Says_not_sent_when_nobody_listens()
    {
        var table = new TableClient("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:9/a;", "counters", TableCounterStore.Impatient());
        var store = new TableCounterStore(table, TimeProvider.System, NullLogger<TableCounterStore>.Instance);
        Assert.IsType<StoreAnswer.NotSent>(await store.ReadAsync(Counter));
        Assert.IsType<StoreAnswer.NotSent>(await store.AddAsync(Counter, Row));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Never_throws_whatever_comes_back(bool isThrown)
    {
        var options = TableCounterStore.Impatient();
        using var client = new HttpClient(new Broken(isThrown));
        options.Transport = new HttpClientTransport(client);
        var table = new TableClient("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:9/a;", "counters", options);
        var store = new TableCounterStore(table, TimeProvider.System, NullLogger<TableCounterStore>.Instance);
        Assert.IsType<StoreAnswer.NotSent>(await store.ReadAsync(Counter));
        Assert.IsNotType<StoreAnswer.Lost>(await store.ReplaceAsync(Counter, Row, "W/1"));
    }

    private ICounterStore Store(bool isTable) => isTable
        ? new TableCounterStore(new TableClient(azurite.ConnectionString, azurite.NewTableName(), TableCounterStore.Impatient()), TimeProvider.System, NullLogger<TableCounterStore>.Instance)
        : new MemoryCounterStore(TimeProvider.System);

    private sealed class Broken(bool isThrown) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => isThrown
            ? throw new InvalidOperationException("the client's own fault")
            : Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.OK)
            {
                Headers = { Date = DateTimeOffset.UnixEpoch },
                Content = new StringContent("""{"odata.etag":"W/1","PartitionK""", null, "application/json"),
            });
    }
}

using System.Net;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Data.Tables;

namespace FunctionsGateway.Tests.StandIns;

/// <summary>What Azurite never does and Azure does.</summary>
public sealed class TableFaultTests
{
    private const string Busy = """{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"Busy.\nRequestId:1"}}}""";

    [Fact]
    public async Task Walks_on_after_an_empty_page()
    {
        var wire = new Wire(request => request.RequestUri!.Query.Contains("NextPartitionKey=1%218%21cA--", StringComparison.Ordinal)
            ? Json(HttpStatusCode.OK, """{"value":[{"odata.etag":"W/\"1\"","PartitionKey":"p","RowKey":"r","N":"5","N@odata.type":"Edm.Int64"}]}""")
            : Continued(Json(HttpStatusCode.OK, """{"value":[]}""")));

        var row = Assert.Single(await Table(wire).QueryAsync<TableEntity>("PartitionKey eq 'p'").ToArrayAsync());

        Assert.Equal(("r", 5L, new ETag("W/\"1\"")), (row.RowKey, row.GetInt64("N"), row.ETag));
        Assert.Contains("NextRowKey=1%218%21cg--", wire.Address, StringComparison.Ordinal);
        Assert.Equal(2, wire.Addresses.Count);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public async Task Retries_a_busy_service_as_often_as_the_options_say(int retries, int sent)
    {
        var wire = new Wire(_ => Json(HttpStatusCode.ServiceUnavailable, Busy));
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(() => Table(wire, retries).AddEntityAsync(new TableEntity("p", "r")));

        Assert.Equal((503, "ServerBusy"), (refusal.Status, refusal.ErrorCode));
        Assert.Equal(503, refusal.GetRawResponse()?.Status);
        Assert.Equal(sent, wire.Addresses.Count);
    }

    [Fact]
    public async Task Throws_a_refusal_without_status_when_the_network_fails()
    {
        var wire = new Wire(_ => throw new HttpRequestException("cut"));
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(() => Table(wire).AddEntityAsync(new TableEntity("p", "r")));

        Assert.Equal(0, refusal.Status);
    }

    [Fact]
    public async Task Says_409_of_a_table_that_is_being_deleted_also_when_it_may_exist()
    {
        var wire = new Wire(_ => Json(HttpStatusCode.Conflict, Busy.Replace("ServerBusy", "TableBeingDeleted", StringComparison.Ordinal)));
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(() => Table(wire).CreateIfNotExistsAsync());

        Assert.Equal("TableBeingDeleted", refusal.ErrorCode);
    }

    private static TableClient Table(Wire wire, int retries = 0) => new(
        new Uri("https://account.table.core.windows.net"),
        "things",
        new TableSharedKeyCredential("account", "a2V5"),
        new TableClientOptions { Transport = wire.Transport, Retry = { MaxRetries = retries, Mode = RetryMode.Fixed, Delay = TimeSpan.Zero } });

    private static HttpResponseMessage Json(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Continued(HttpResponseMessage answer)
    {
        answer.Headers.Add("x-ms-continuation-NextPartitionKey", "1!8!cA--");
        answer.Headers.Add("x-ms-continuation-NextRowKey", "1!8!cg--");
        return answer;
    }
}

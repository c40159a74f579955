using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Data.Tables.Models;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.StandIns;

public sealed class TableServiceTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly TableServiceClient _service = new(azurite.ConnectionString);

    [Fact]
    public async Task Creates_lists_and_deletes_tables()
    {
        var name = azurite.NewTableName();
        await _service.CreateTableIfNotExistsAsync(name);
        var again = await _service.CreateTableIfNotExistsAsync(name);
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(() => _service.CreateTableAsync(name));
        var listed = await _service.QueryAsync(TableServiceClient.CreateQueryFilter($"TableName eq {name}")).ToArrayAsync();
        var deleted = await _service.DeleteTableAsync(name);
        var gone = await _service.DeleteTableAsync(name);

        Assert.Equal(name, again.Value.Name);
        Assert.True(TableErrorCode.TableAlreadyExists == refusal.ErrorCode);
        Assert.Equal(name, Assert.Single(listed).Name);
        Assert.Equal((204, 404), (deleted.Status, gone.Status));
    }

    [Fact]
    public async Task Gives_clients_of_its_tables()
    {
        var table = _service.GetTableClient(azurite.NewTableName());
        await table.CreateIfNotExistsAsync();
        await table.AddEntityAsync(new TableEntity("p", "r"));

        Assert.Equal("devstoreaccount1", table.AccountName);
        Assert.EndsWith("/devstoreaccount1/" + table.Name, table.Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_403_to_a_wrong_key()
    {
        var wrong = new TableServiceClient(_service.Uri, new TableSharedKeyCredential("devstoreaccount1", Convert.ToBase64String(new byte[64])));
        var refusal = await Assert.ThrowsAsync<RequestFailedException>(() => wrong.CreateTableAsync(azurite.NewTableName()));

        Assert.Equal(403, refusal.Status);
    }

    [Fact]
    public async Task Never_sends_a_token_over_http()
    {
        // Whether the client refuses at once or when it sends differs between versions.
        var fault = await Record.ExceptionAsync(() => new TableServiceClient(_service.Uri, new Token()).CreateTableAsync(azurite.NewTableName()));

        Assert.IsNotType<RequestFailedException>(fault);
        Assert.Contains("https", fault?.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Asks_for_a_storage_token_and_sends_it()
    {
        var (token, wire) = (new Token(), new Wire());
        var service = new TableServiceClient(new Uri("https://account.table.core.windows.net"), token, new TableClientOptions { Transport = wire.Transport });
        await service.CreateTableAsync("things");

        Assert.Equal(["https://storage.azure.com/.default"], token.Scopes);
        Assert.Equal("Bearer secret", wire.Headers["Authorization"]);
        Assert.Equal("2020-12-06", wire.Headers["x-ms-version"]);
    }

    [Fact]
    public async Task Understands_the_development_connection_string()
    {
        var wire = new Wire();
        await new TableServiceClient("UseDevelopmentStorage=true", new TableClientOptions { Transport = wire.Transport }).CreateTableAsync("things");

        Assert.Equal("http://127.0.0.1:10002/devstoreaccount1/Tables", wire.Address.Split('?')[0]);
        Assert.StartsWith("SharedKeyLite devstoreaccount1:", wire.Headers["Authorization"], StringComparison.Ordinal);
    }

    private sealed class Token : TokenCredential
    {
        public string[] Scopes { get; private set; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes = requestContext.Scopes;
            return new("secret", DateTimeOffset.MaxValue);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}

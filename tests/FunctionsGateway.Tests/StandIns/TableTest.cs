using Azure.Data.Tables;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.StandIns;

/// <summary>A fresh table for each test; the tests hold for the official package and for its stand-in.</summary>
public abstract class TableTest(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    protected TableClient Table { get; } = new(azurite.ConnectionString, azurite.NewTableName(), new TableClientOptions { Retry = { MaxRetries = 0 } });

    protected string ConnectionString => azurite.ConnectionString;

    public async Task InitializeAsync() => await Table.CreateAsync();

    public async Task DisposeAsync() => await Table.DeleteAsync();

    protected static TableEntity Row(string row, int number = 0) => new("p", row) { ["Number"] = number };

    protected async Task<TableEntity> ReadAsync(string row) => (await Table.GetEntityAsync<TableEntity>("p", row)).Value;
}

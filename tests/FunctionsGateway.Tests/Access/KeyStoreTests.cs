using Azure.Data.Tables;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Storage.Access;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Access;

public sealed class KeyStoreTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keeps_lists_replaces_and_removes_keys(bool inTables)
    {
        IKeyStore store = inTables ? new TableKeyStore(new TableServiceClient(azurite.ConnectionString).GetTableClient(azurite.NewTableName())) : new MemoryKeyStore();
        Assert.Empty(await store.ListAsync("", 10, default));
        Assert.Null(await store.FindAsync("0000000000000001", default));
        var text = KeyText.New("0000000000000001");
        var added = await store.AddAsync(
            new GatewayKey { Id = "0000000000000001", Owner = "ann", Roles = ["invoke"], Routes = ["a"], Hash = KeyHash.Of(text), ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(100) }, default);
        await store.AddAsync(added with { Id = "0000000000000002" }, default);

        var found = await store.FindAsync("0000000000000001", default);
        Assert.Equal(KeyJson.Write(added), KeyJson.Write(found!));
        Assert.True(found!.Admits(text, DateTimeOffset.UnixEpoch));
        Assert.Equal(["0000000000000001"], (await store.ListAsync("", 1, default)).Select(key => key.Id));
        Assert.Equal(["0000000000000002"], (await store.ListAsync("0000000000000001", 10, default)).Select(key => key.Id));

        var changed = await store.ReplaceAsync(found with { Owner = "bob" }, default);
        Assert.Equal("bob", changed?.Owner);
        Assert.Null(await store.ReplaceAsync(found with { Owner = "eve" }, default));
        Assert.True(await store.RemoveAsync(found.Id, default));
        Assert.False(await store.RemoveAsync(found.Id, default));
        Assert.Null(await store.ReplaceAsync(changed!, default));
    }
}

using System.Net;
using System.Net.Sockets;
using Azure.Data.Tables;
using FunctionsGateway.LocalHost;

namespace FunctionsGateway.Tests.LocalHost;

public sealed class AzuriteTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("azurite-tests-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Ends_its_own_azurite_when_disposed()
    {
        var azurite = await Azurite.StartAsync(new AzuriteOptions { Port = 0 });
        Assert.True(Answers(azurite.Port));
        await azurite.DisposeAsync();

        Assert.False(Answers(azurite.Port));
    }

    [Fact]
    public async Task Shares_one_azurite_until_the_last_user_leaves_and_keeps_its_data()
    {
        var options = new AzuriteOptions { Port = FreePort(), DataFolder = _data.FullName };
        var users = await Task.WhenAll(Azurite.StartAsync(options), Azurite.StartAsync(options), Azurite.StartAsync(options));

        Assert.Single(users.Select(user => user.ProcessId).Distinct());
        await new TableClient(users[0].ConnectionString, "kept").CreateAsync();
        await users[0].DisposeAsync();
        await users[1].DisposeAsync();
        Assert.True(Answers(options.Port));
        await users[2].DisposeAsync();
        while (Answers(options.Port))
        {
            await Task.Delay(20);
        }

        await using var again = await Azurite.StartAsync(options);
        Assert.NotEmpty(await new TableServiceClient(again.ConnectionString).QueryAsync("TableName eq 'kept'").ToArrayAsync());
    }

    [Fact]
    public async Task Leaves_an_azurite_alone_that_someone_else_started()
    {
        await using var other = await Azurite.StartAsync(new AzuriteOptions { Port = 0 });
        var joined = await Azurite.StartAsync(new AzuriteOptions { Port = other.Port });
        await joined.DisposeAsync();

        Assert.Null(joined.ProcessId);
        Assert.True(Answers(other.Port));
    }

    [Fact]
    public async Task Says_that_something_else_has_the_port()
    {
        using var listener = new HttpListener();
        var port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        _ = listener.GetContextAsync().ContinueWith(context => context.Result.Response.Close(), TaskScheduler.Default);

        var fault = await Assert.ThrowsAsync<AzuriteUnavailableException>(() => Azurite.StartAsync(new AzuriteOptions { Port = port }));

        Assert.Contains($"port {port}", fault.Message, StringComparison.Ordinal);
    }

    private static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

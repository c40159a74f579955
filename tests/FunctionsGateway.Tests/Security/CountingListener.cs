using System.Net;
using System.Net.Sockets;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Security;

/// <summary>Where nobody should go: it counts who comes to 127.0.0.2.</summary>
internal sealed class CountingListener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Parse("127.0.0.2"), 0);
    private readonly CancellationTokenSource _end = new();
    private int _came;
    private volatile int _last;

    public CountingListener()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many have come before this question: it comes itself, last of all, and waits until it is counted.</summary>
    public async Task<int> CountAsync()
    {
        using var last = new TcpClient();
        await last.ConnectAsync(IPAddress.Parse("127.0.0.2"), Port);
        var port = ((IPEndPoint)last.Client.LocalEndPoint!).Port;
        await Eventually.IsTrueAsync(() => _last == port);
        return Interlocked.Decrement(ref _came);
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptSocketAsync(_end.Token);
                Interlocked.Increment(ref _came);
                _last = ((IPEndPoint)socket.RemoteEndPoint!).Port;
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}

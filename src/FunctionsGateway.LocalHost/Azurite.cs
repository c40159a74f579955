using System.Net;
using System.Net.Http;
using System.Net.Sockets;

namespace FunctionsGateway.LocalHost;

/// <summary>A running Azurite, its table service only. Disposing it stops it unless others use it.</summary>
internal sealed class Azurite : IAsyncDisposable
{
    private readonly Func<ValueTask> _leave;

    private Azurite(int port, int? processId, Func<ValueTask> leave) => (Port, ProcessId, _leave) = (port, processId, leave);

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its process, <see langword="null"/> if someone else than a LocalHost started it.</summary>
    public int? ProcessId { get; }

    /// <summary>What a client of the tables needs: the emulator's public account, at this port.</summary>
    public string ConnectionString =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + $"TableEndpoint=http://127.0.0.1:{Port}/devstoreaccount1";

    /// <summary>Joins the Azurite that answers on the port, or starts one and waits until it answers.</summary>
    /// <param name="options">Which Azurite is wanted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AzuriteUnavailableException">Node.js or Azurite is missing, or it does not start; the message says which.</exception>
    public static Task<Azurite> StartAsync(AzuriteOptions options, CancellationToken cancellationToken = default) =>
        options.Port == 0 ? StartOwnAsync(options, cancellationToken) : JoinAsync(options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _leave();

    private static async Task<Azurite> StartOwnAsync(AzuriteOptions options, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var process = AzuriteProcess.Start(port, options.DataFolder);
            if (await AnswersAsync(port, process, options.Patience, cancellationToken))
            {
                return new(port, process.Id, process.DisposeAsync);
            }

            await process.DisposeAsync();
            if (attempt == 3)
            {
                throw new AzuriteUnavailableException($"Azurite did not start: {process.Output}");
            }
        }
    }

    private static async Task<Azurite> JoinAsync(AzuriteOptions options, CancellationToken cancellationToken)
    {
        var users = await AzuriteUsers.JoinAsync(options.Port, cancellationToken);
        try
        {
            if (!await AnswersAsync(options.Port, null, TimeSpan.Zero, cancellationToken))
            {
                await users.StartAsync(() => AnswersAsync(options.Port, null, TimeSpan.Zero, cancellationToken), options, cancellationToken);
            }

            // Someone may have taken the port first; then this waits for theirs.
            if (!await AnswersAsync(options.Port, null, options.Patience, cancellationToken))
            {
                throw new AzuriteUnavailableException($"Azurite did not start on port {options.Port}.");
            }
        }
        catch
        {
            await users.DisposeAsync();
            throw;
        }

        return new(options.Port, users.ProcessId, users.DisposeAsync);
    }

    private static async Task<bool> AnswersAsync(int port, AzuriteProcess? process, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"), cancellationToken);
                return answer.Headers.Server.ToString().Contains("Azurite", StringComparison.OrdinalIgnoreCase)
                    ? true
                    : throw new AzuriteUnavailableException($"Something else than Azurite answers on port {port}.");
            }
            catch (Exception fault) when (fault is HttpRequestException || (fault is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                if (process is { HasExited: true } || TimeProvider.System.GetElapsedTime(since) >= patience)
                {
                    return false;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

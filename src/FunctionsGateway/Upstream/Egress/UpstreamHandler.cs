using System.Net;
using System.Net.Sockets;
using FunctionsGateway.Routes.Validation;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Upstream.Egress;

/// <summary>Makes the one handler that all calls to providers go through.</summary>
internal static class UpstreamHandler
{
    // How long a request waits is its own to say; this ends connections that nobody waits for any more.
    private static readonly TimeSpan LongestConnect = TimeSpan.FromMinutes(5);

    /// <summary>Resolves a name to addresses; a test puts its own in.</summary>
    internal delegate Task<IPAddress[]> Resolver(string host, CancellationToken cancellationToken);

    /// <summary>A handler that connects only where <paramref name="egress"/> allows, to the very address that was checked; no redirects, cookies, proxies.</summary>
    public static SocketsHttpHandler Create(EgressRule egress, Resolver resolve) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = LongestConnect,
        // A provider that moves to another address is found again within minutes.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 64,
        ConnectCallback = async (context, cancellationToken) => await ConnectAsync(
            context.InitialRequestMessage.RequestUri!.Scheme, context.DnsEndPoint, egress, resolve, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(
        string scheme, DnsEndPoint target, EgressRule egress, Resolver resolve, CancellationToken cancellationToken)
    {
        if (!egress.MayBeOpen(scheme, target.Host, target.Port))
        {
            throw new EgressRefusedException($"'{target.Host}' may be reached by https only; the operator can list it in Gateway__Egress__AllowedHosts.");
        }

        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await resolve(target.Host, cancellationToken);
        var allowed = egress.IsListed(target.Host, target.Port) ? addresses : Array.FindAll(addresses, PublicAddress.Is);
        if (allowed.Length == 0)
        {
            throw new EgressRefusedException($"'{target.Host}' leads to no public address; the operator can list it in Gateway__Egress__AllowedHosts.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A host that calls may not go to, or not so.</summary>
internal sealed class EgressRefusedException(string message) : Exception(message);

using FunctionsGateway.Routes.Validation;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Upstream.Egress;

/// <summary>The hosts that the operator lists in <c>Gateway__Egress__AllowedHosts</c>, which may be reached wherever they lead.</summary>
/// <remarks>All other calls go to public addresses only, looked at when the connection is made: a name can change what it means (<see cref="UpstreamHandler"/>).</remarks>
internal sealed class EgressRule(IOptions<GatewayOptions> options)
{
    private readonly HashSet<string> _allowed = new(
        options.Value.Egress.AllowedHosts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the scheme is https, or the operator lists the host.</summary>
    public bool MayBeOpen(string scheme, string host, int port) => scheme == Uri.UriSchemeHttps || IsListed(host, port);

    /// <summary>Whether the operator lists the host, alone or with the port.</summary>
    public bool IsListed(string host, int port) => _allowed.Count > 0 && AllowedHost.Spellings(host, port).Any(_allowed.Contains);
}

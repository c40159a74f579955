using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Upstream;

/// <summary>Where calls may go: public addresses over https, and the hosts that the operator lists in <c>Gateway__Egress__AllowedHosts</c>.</summary>
internal sealed class EgressRule(IOptions<GatewayOptions> options)
{
    private readonly HashSet<string> _allowed = new(
        options.Value.Egress.AllowedHosts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the operator lists the host, alone or with the port.</summary>
    public bool IsListed(string host, int port) =>
        _allowed.Contains(host) || _allowed.Contains($"{host}:{port}") || (host.StartsWith('[') && _allowed.Contains(host[1..^1]));

    /// <summary>What is wrong with <paramref name="address"/> as a provider's base address: a sentence, or null when it may be used.</summary>
    /// <remarks>The addresses behind a name are checked when a connection is made: a name can change what it means.</remarks>
    public string? Fault(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
        {
            return $"'{address}' is not a URL. Give one that begins with https://.";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "A URL must hold no user name or password. Remove what stands before the @.";
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            return $"'{address}' must hold no query or fragment. Remove what follows the path.";
        }

        // Uri rewrites 127.1, 0x7f000001, trailing dots, Unicode and escapes; an operator who means a host writes it as it is.
        var written = address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (!written.StartsWith(uri.Host, StringComparison.OrdinalIgnoreCase) || uri.Host.EndsWith('.') || uri.Host.Length == 0 || !address.All(c => c is > ' ' and <= '~'))
        {
            return $"'{address}' does not name its host in the usual form ('{uri.IdnHost.TrimEnd('.')}'). Write it so.";
        }

        if (IsListed(uri.Host, uri.Port))
        {
            return null;
        }

        if (uri.Scheme != "https")
        {
            return $"'{address}' is not https. Use https, or have the operator list '{uri.Host}' in Gateway__Egress__AllowedHosts.";
        }

        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var literal) && !IsPublic(literal)
            ? $"'{uri.Host}' is not a public address. The operator can list it in Gateway__Egress__AllowedHosts."
            : null;
    }

    /// <summary>Whether <paramref name="address"/> belongs to the public internet: not loopback, private, link-local, shared, multicast, reserved,
    /// nor an IPv6 form that carries an IPv4 address (IANA special-purpose registries).</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            Span<byte> four = stackalloc byte[4];
            address.TryWriteBytes(four, out _);
            var number = BinaryPrimitives.ReadUInt32BigEndian(four);
            return !Array.Exists(SpecialV4, block => block.Holds(number));
        }

        Span<byte> sixteen = stackalloc byte[16];
        address.TryWriteBytes(sixteen, out _);
        // Global unicast is 2000::/3; within it 6to4, Teredo, documentation, benchmarking and ORCHID are not hosts of the public internet.
        var high = BinaryPrimitives.ReadUInt32BigEndian(sixteen);
        return high >> 29 == 1
            && high >> 16 != 0x2002
            && high >> 9 != 0x20010000 >> 9
            && high != 0x20010DB8
            && high >> 20 != 0x3FFF0000 >> 20;
    }

    private static readonly V4Block[] SpecialV4 =
    [
        new(0x00000000, 8), new(0x0A000000, 8), new(0x64400000, 10), new(0x7F000000, 8), new(0xA9FE0000, 16), new(0xAC100000, 12),
        new(0xC0000000, 24), new(0xC0000200, 24), new(0xC0586300, 24), new(0xC0A80000, 16), new(0xC6120000, 15), new(0xC6336400, 24),
        new(0xCB007100, 24), new(0xE0000000, 4), new(0xF0000000, 4), new(0xA83F8110, 32),
    ];

    private readonly record struct V4Block(uint Start, int Length)
    {
        public bool Holds(uint address) => (address ^ Start) >> (32 - Length) == 0;
    }
}

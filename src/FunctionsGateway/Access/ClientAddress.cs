using System.Net;
using System.Net.Sockets;

namespace FunctionsGateway.Access;

/// <summary>The address as the name of a caller who gives none.</summary>
internal static class ClientAddress
{
    /// <summary>The address; of an IPv6 caller, who commands a whole /64, the network: its addresses are one user (spec/decisions.md §3).</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address.ToString();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}

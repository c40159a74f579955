using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace FunctionsGateway.Routes.Validation;

/// <summary>Which addresses belong to the public internet (IANA's special-purpose registries): not loopback, private, link-local, shared, multicast, reserved,
/// nor an IPv6 form that carries an IPv4 address.</summary>
internal static class PublicAddress
{
    private static readonly V4Block[] SpecialV4 =
    [
        new(0x00000000, 8), new(0x0A000000, 8), new(0x64400000, 10), new(0x7F000000, 8), new(0xA9FE0000, 16), new(0xAC100000, 12),
        new(0xC0000000, 24), new(0xC0000200, 24), new(0xC0586300, 24), new(0xC0A80000, 16), new(0xC6120000, 15), new(0xC6336400, 24),
        new(0xCB007100, 24), new(0xE0000000, 4), new(0xF0000000, 4),
        // Azure's own: the platform answers a machine there.
        new(0xA83F8110, 32),
    ];

    /// <summary>Whether <paramref name="address"/> is one.</summary>
    public static bool Is(IPAddress address)
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

    private readonly record struct V4Block(uint Start, int Length)
    {
        public bool Holds(uint address) => (address ^ Start) >> (32 - Length) == 0;
    }
}

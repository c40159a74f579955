using System.Net;
using System.Net.Sockets;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>Finds out who calls, and holds the caller against the endpoint's policy.</summary>
internal sealed class AccessGate(IOptions<GatewayOptions> options)
{
    private readonly AccessSettings _settings = options.Value.Access;

    /// <summary>The caller of a request that passed <see cref="Authenticate"/>.</summary>
    public static Caller CallerOf(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The access gate has not run for this request.");

    /// <summary>Names the caller, or refuses with 401.</summary>
    public void Authenticate(HttpContext context)
    {
        var id = _settings.TrustCallerHeader && context.Request.Headers["X-Gateway-Caller"].ToString() is { Length: > 0 } named
            ? named
            : AddressOf(context.Connection.RemoteIpAddress);
        context.Features.Set(new Caller(id, _settings.Anonymous, _settings.Anonymous));
    }

    /// <summary>Holds the caller against the policy of the endpoint that routing found; 401 for a stranger, 403 for a caller without the role.</summary>
    public static void Authorize(HttpContext context)
    {
        var policy = context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
        if (policy is null)
        {
            return;
        }

        var caller = CallerOf(context);
        if (policy == Policies.Manage ? !caller.MayManage : !caller.MayInvoke)
        {
            throw new GatewayException(401, "A credential is required. Send a gateway key, or set Gateway__Access__Anonymous=true for local use.");
        }
    }

    // An IPv6 caller commands a whole /64: its addresses are one user (spec/decisions.md §3).
    private static string AddressOf(IPAddress? address)
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

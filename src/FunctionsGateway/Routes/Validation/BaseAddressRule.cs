using System.Net;

namespace FunctionsGateway.Routes.Validation;

/// <summary>What the address of a provider must look like. Where it really leads is checked when the call connects.</summary>
internal static class BaseAddressRule
{
    /// <summary>What is wrong with <paramref name="address"/>, or null.</summary>
    /// <param name="address">As it was written.</param>
    /// <param name="allowedHosts"><c>Gateway__Egress__AllowedHosts</c>: comma-separated, each <c>host</c> or <c>host:port</c>.</param>
    public static string? Fault(string address, string allowedHosts)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
        {
            return "Input should be an absolute https address";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "The address cannot hold a user or a password";
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0 || address.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            return "The address cannot hold a query, a fragment or white space";
        }

        // The host must be written as it will be resolved: decimal, hexadecimal and octal addresses, mixed scripts and a trailing dot are not.
        if (!string.Equals(WrittenHost(address), uri.IdnHost, StringComparison.OrdinalIgnoreCase) || uri.IdnHost.EndsWith('.'))
        {
            return "The host of the address is not in its canonical form";
        }

        if (IsAllowed(uri, allowedHosts))
        {
            return null;
        }

        if (uri.Scheme != "https")
        {
            return "The address must begin with https. To reach a host by http, list it in Gateway__Egress__AllowedHosts";
        }

        return IPAddress.TryParse(uri.IdnHost, out var literal) && !PublicAddress.Is(literal)
            ? "The address is none of the public internet. To reach it, list its host in Gateway__Egress__AllowedHosts"
            : null;
    }

    /// <summary>Whether the host, alone or with its port, is listed.</summary>
    public static bool IsAllowed(Uri uri, string allowedHosts) =>
        allowedHosts.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Any(host => AllowedHost.Spellings(uri.IdnHost, uri.Port).Contains(host, StringComparer.OrdinalIgnoreCase));

    private static string WrittenHost(string address)
    {
        var rest = address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var authority = rest.AsSpan()[..(rest.AsSpan().IndexOfAny('/', '\\') is var end and >= 0 ? end : rest.Length)];
        var port = authority.LastIndexOf(':');
        var host = port > authority.LastIndexOf(']') ? authority[..port] : authority;
        return host.Trim("[]").ToString();
    }
}

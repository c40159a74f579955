namespace FunctionsGateway.Routes.Validation;

/// <summary>How a host can be written in <c>Gateway__Egress__AllowedHosts</c>.</summary>
internal static class AllowedHost
{
    /// <summary>The host, and the host with the port; one of IPv6 in brackets, which alone it does not need.</summary>
    /// <param name="host">The host, with or without brackets.</param>
    /// <param name="port">The port.</param>
    public static string[] Spellings(string host, int port)
    {
        var bare = host.Trim('[', ']');
        return bare.Contains(':', StringComparison.Ordinal) ? [bare, $"[{bare}]", $"[{bare}]:{port}"] : [bare, $"{bare}:{port}"];
    }
}

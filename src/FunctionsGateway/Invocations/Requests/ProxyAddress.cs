using FunctionsGateway.Access;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>Where a proxy call goes: the path that the client names, below the provider's root, and nowhere else.</summary>
internal static class ProxyAddress
{
    /// <summary>The address; the root is <paramref name="baseAddress"/> without its last segment, which is the API's version.</summary>
    /// <exception cref="GatewayException">400: the path could lead out of the root.</exception>
    public static Uri Of(string baseAddress, HttpRequest request)
    {
        // gateway, proxy, the name, and what follows.
        var segments = request.Path.Value!.Trim('/').Split('/')[3..];
        if (!Array.TrueForAll(segments, IsPlain))
        {
            throw new GatewayException(400, "The path after the endpoint's name holds an empty, relative or escaped segment. Name the provider's path plainly, e.g. v1/messages.");
        }

        var start = new Uri(baseAddress.TrimEnd('/'));
        var root = start.AbsolutePath is var path && path.LastIndexOf('/') is > 0 and var last ? start.GetLeftPart(UriPartial.Authority) + path[..last] : start.GetLeftPart(UriPartial.Authority);
        var address = new Uri($"{root}/{string.Join('/', segments.Select(segment => Uri.EscapeDataString(segment).Replace("%3A", ":", StringComparison.Ordinal)))}{Query(request)}");
        return address.AbsoluteUri.StartsWith(root + "/", StringComparison.Ordinal)
            ? address
            : throw new GatewayException(400, "The path leads out of the provider's root.");
    }

    private static bool IsPlain(string segment) =>
        segment.Length > 0 && segment is not ("." or "..") && segment.AsSpan().IndexOfAny("\\%?#;") < 0 && !segment.Any(char.IsControl);

    private static readonly string[] Credentials = ["key", "code", "api_key", "api-key", "access_token", "token"];

    // What looks like a credential, or is one of ours, is the client's for us.
    private static string Query(HttpRequest request)
    {
        var kept = from pair in request.Query
                   where !Credentials.Contains(pair.Key, StringComparer.OrdinalIgnoreCase)
                   from value in pair.Value
                   where string.IsNullOrEmpty(value) || (!KeyText.IsOne(value) && !PresentedCredential.IsShown(request.Headers, value))
                   select KeyValuePair.Create<string, string?>(pair.Key, value);
        return QueryString.Create(kept).ToString();
    }
}

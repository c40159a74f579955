using System.Net.Http.Headers;
using System.Text;
using FunctionsGateway.Access.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FunctionsGateway.Access;

/// <summary>Finds the credential wherever a client may put it: headers, never the query, which logs and proxies keep.</summary>
internal static class PresentedCredential
{
    private static readonly string[] KeyHeaders = ["x-api-key", "api-key", "x-goog-api-key", "x-functions-key"];

    /// <summary>The one credential of a request, or null.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="onlyKeys">Whether all but gateway keys are overlooked, as anonymous mode does: SDKs send made-up keys.</param>
    /// <exception cref="Errors.GatewayException">400: there are two, and they differ.</exception>
    public static string? Of(IHeaderDictionary headers, bool onlyKeys)
    {
        string? found = null;
        // Who names the gateway's own header leaves Authorization to the provider's key that a client insists on (spec/mlflow-gen3.md §J).
        var authorization = headers["X-MLflow-Authorization"] is { Count: > 0 } own ? own : headers.Authorization;
        foreach (var value in authorization)
        {
            Add(ref found, InAuthorization(value), onlyKeys);
        }

        foreach (var name in KeyHeaders)
        {
            if (headers.TryGetValue(name, out StringValues values))
            {
                foreach (var value in values)
                {
                    Add(ref found, value, onlyKeys);
                }
            }
        }

        return found;
    }

    /// <summary>Whether the request shows <paramref name="text"/> as a credential.</summary>
    public static bool IsShown(IHeaderDictionary headers, string text) =>
        headers["X-MLflow-Authorization"].Concat(headers.Authorization).Select(InAuthorization).Contains(text)
        || Array.Exists(KeyHeaders, name => headers[name].Contains(text));

    private static void Add(ref string? found, string? candidate, bool onlyKeys)
    {
        if (string.IsNullOrEmpty(candidate) || (onlyKeys && !KeyText.IsOne(candidate)))
        {
            return;
        }

        if (found is not null && found != candidate)
        {
            throw Refusals.Contradiction();
        }

        found = candidate;
    }

    private static string? InAuthorization(string? header)
    {
        const string Bearer = "Bearer ";
        if (header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true)
        {
            return header[Bearer.Length..].Trim();
        }

        return AuthenticationHeaderValue.TryParse(header, out var parsed) && parsed.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && parsed.Parameter is { } basic
            ? Password(basic)
            : null;
    }

    // What cannot be read is still a credential: a wrong one.
    private static string Password(string basic)
    {
        var bytes = new byte[basic.Length];
        return Convert.TryFromBase64String(basic, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is var pair && pair.IndexOf(':') is >= 0 and var colon
            ? pair[(colon + 1)..]
            : basic;
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Core;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>Google's workload identity federation for a machine of Azure's (spec/providers-own-shape.md §6): the gateway's own Entra token is exchanged
/// for one of Google's, so that no Google key is stored anywhere.</summary>
internal sealed class GoogleFederation(TimeProvider time, Lazy<TokenCredential> identity, HttpMessageInvoker http)
{
    /// <summary>Exchanges a token as the JSON of type <c>external_account</c> describes; its addresses were checked.</summary>
    public async Task<(string Value, DateTimeOffset Ends)> FetchAsync(JsonObject account, Credential.GoogleToken google, CancellationToken cancellationToken)
    {
        var subject = await SubjectAsync(account, google.Field, cancellationToken);
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            new("audience", account.Text("audience")),
            new("scope", google.Scope),
            new("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            new("subject_token_type", account.Text("subject_token_type") ?? "urn:ietf:params:oauth:token-type:jwt"),
            new("subject_token", subject),
        ]);
        var answer = await PostAsync(TokenAddress(account), form, null, cancellationToken);
        var token = answer.Text("access_token") ?? throw Refused();
        if (Impersonation(account) is not { } address)
        {
            return (token, answer.Ends(time));
        }

        using var body = JsonContent.Create(new JsonObject { ["scope"] = new JsonArray(google.Scope), ["lifetime"] = "3600s" });
        var impersonated = await PostAsync(address, body, token, cancellationToken);
        return (impersonated.Text("accessToken") ?? throw Refused(),
            DateTimeOffset.TryParse(impersonated.Text("expireTime"), CultureInfo.InvariantCulture, out var ends) ? ends : time.GetUtcNow().AddMinutes(30));
    }

    /// <summary>Where tokens are exchanged.</summary>
    public static string TokenAddress(JsonObject account) => account.Text("token_url") ?? "https://sts.googleapis.com/v1/token";

    /// <summary>Where a service account is impersonated; null when the exchanged token serves.</summary>
    public static string? Impersonation(JsonObject account) => account.Text("service_account_impersonation_url");

    // An application of the operator's own, never a service of Azure's: whose token the route's author has no business with.
    private async Task<string> SubjectAsync(JsonObject account, string field, CancellationToken cancellationToken)
    {
        var source = account["credential_source"] is JsonObject json ? json.Text("url") : null;
        var resource = Uri.TryCreate(source, UriKind.Absolute, out var address)
            ? address.Query.TrimStart('?').Split('&').Where(pair => pair.StartsWith("resource=", StringComparison.Ordinal)).Select(pair => Uri.UnescapeDataString(pair["resource=".Length..])).FirstOrDefault()
            : null;
        if (resource?.StartsWith("api://", StringComparison.Ordinal) != true)
        {
            throw new GatewayException(503, $"The 'credential_source.url' in '{field}' must name an Azure application, as 'resource=api://…'.");
        }

        try
        {
            return (await identity.Value.GetTokenAsync(new TokenRequestContext([resource.TrimEnd('/') + "/.default"]), cancellationToken)).Token;
        }
        catch (Azure.Identity.AuthenticationFailedException)
        {
            throw new GatewayException(503, "The gateway's own identity could not get a token for Google.");
        }
    }

    private async Task<JsonObject> PostAsync(string address, HttpContent content, string? token, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
        message.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        var (status, json) = await TokenAnswer.AskAsync(http, message, cancellationToken);
        return status is >= 200 and < 300 && json is not null ? json : throw Refused();
    }

    private static GatewayException Refused() => new(502, "Google did not accept the gateway's own identity.");
}

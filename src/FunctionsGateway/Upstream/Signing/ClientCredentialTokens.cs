using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>OAuth 2.0 client credentials (RFC 6749 §4.4), as Databricks' service principals use them; tokens are kept until shortly before they end.</summary>
internal sealed class ClientCredentialTokens(TimeProvider time, HttpMessageInvoker http)
{
    private readonly Renewed<string> _tokens = new(time);

    /// <summary>Adds a token.</summary>
    public async ValueTask<Secret?> SignAsync(Credential.ClientCredentials client, Unsigned request, CancellationToken cancellationToken)
    {
        var id = request.Target.Call(stream: false).Text(client.IdField) ?? "";
        var secret = await request.KeyAsync(client.SecretField, cancellationToken)
            ?? throw new GatewayException(503, $"The route of provider '{request.Target.Provider.Name}' has no '{client.SecretField}'.");
        // The token comes from where it goes.
        var address = new Uri(request.Address, client.TokenPath);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{address}\n{id}\n{client.Scope}\n{secret.Reveal()}")));
        return request.Bear(await _tokens.GetAsync(name, token => FetchAsync(address, id, secret, client.Scope, token), cancellationToken));
    }

    /// <summary>Drops the token.</summary>
    public bool Forget(Secret refused) => _tokens.Forget(token => token == refused.Reveal());

    private async Task<(string Value, DateTimeOffset Ends)> FetchAsync(Uri address, string id, Secret secret, string scope, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", scope)]),
        };
        message.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret.Reveal())}")));
        var (status, json) = await TokenAnswer.AskAsync(http, message, cancellationToken);
        return status is >= 200 and < 300 && json?.Text("access_token") is { } token
            ? (token, json.Ends(time))
            : throw new KeyNotTakenException($"'{address.Host}' gave the gateway no token for its client credentials: {status}.");
    }
}

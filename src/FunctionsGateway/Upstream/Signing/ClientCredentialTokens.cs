using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>OAuth 2.0 client credentials (RFC 6749 §4.4), as Databricks' service principals use them; tokens are kept until shortly before they end.</summary>
internal sealed class ClientCredentialTokens(TimeProvider time, HttpMessageInvoker http)
{
    private const int LongestAnswer = 64 * 1024;

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
        using var answer = await http.SendAsync(message, cancellationToken);
        await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[LongestAnswer];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        var json = Parse(bytes.AsSpan(0, length));
        if (!answer.IsSuccessStatusCode || json?["access_token"] is not JsonValue value || !value.TryGetValue(out string? token) || token.Length == 0)
        {
            throw new KeyNotTakenException($"'{address.Host}' gave the gateway no token for its client credentials: {(int)answer.StatusCode}.");
        }

        var seconds = json["expires_in"] is JsonValue lifetime && lifetime.TryGetValue(out double given) && given is > 0 and < 1e8 ? given : 3600;
        return (token, time.GetUtcNow().AddSeconds(seconds));
    }

    private static JsonObject? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonNode.Parse(bytes) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

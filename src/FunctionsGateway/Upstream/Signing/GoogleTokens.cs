using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;
using FunctionsGateway.Upstream.Egress;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Google.Apis.Util;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>Google's access tokens for a service account (spec/providers-own-shape.md §6), or for the machine's own; kept until shortly before they end.</summary>
internal sealed class GoogleTokens(TimeProvider time, EgressRule egress, GoogleFederation federation, HttpMessageInvoker http)
{
    private const string DefaultTokenAddress = "https://oauth2.googleapis.com/token";

    private readonly Renewed<string> _tokens = new(time);

    /// <summary>Adds a token.</summary>
    public async ValueTask<Secret?> SignAsync(Credential.GoogleToken google, Unsigned request, CancellationToken cancellationToken)
    {
        if (google.Field is null || await request.KeyAsync(google.Field, cancellationToken) is not { } key)
        {
            request.Keys.RequireOwnHost();
            return request.Bear(await AmbientAsync(google.Scope, cancellationToken));
        }

        // Such a key holds no secret: what it stands for is the gateway's own identity.
        if (key.Reveal().Contains("external_account", StringComparison.Ordinal))
        {
            request.Keys.RequireOwnHost();
        }

        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{google.Scope}\n{key.Reveal()}")));
        return request.Bear(await _tokens.GetAsync(name, token => FetchAsync(key.Reveal(), google.Scope, token), cancellationToken));
    }

    /// <summary>Drops the token.</summary>
    public bool Forget(Secret refused) => _tokens.Forget(token => token == refused.Reveal());

    private async Task<(string Value, DateTimeOffset Ends)> FetchAsync(string key, string scope, CancellationToken cancellationToken)
    {
        try
        {
            var json = Parse(key);
            if (json is not null && Text(json, "type") is "external_account")
            {
                RequireGoogles(GoogleFederation.TokenAddress(json), "token_url");
                RequireGoogles(GoogleFederation.Impersonation(json) ?? GoogleFederation.TokenAddress(json), "service_account_impersonation_url");
                return await federation.FetchAsync(json, scope, cancellationToken);
            }

            var account = Account(json ?? [], scope);
            return !await account.RequestAccessTokenAsync(cancellationToken) || account.Token.AccessToken is not { Length: > 0 } token
                ? throw Refused("no token")
                : (token, time.GetUtcNow().AddSeconds(account.Token.ExpiresInSeconds ?? 3600));
        }
        catch (TokenResponseException refusal)
        {
            throw Refused(refusal.Error?.Error ?? "no reason");
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or HttpRequestException or GatewayException))
        {
            // What the library makes of an answer that is none.
            throw Refused("an answer that cannot be read");
        }
    }

    // Never a path: what lies on this machine is not the route's.
    private static JsonObject? Parse(string key)
    {
        try
        {
            return JsonNode.Parse(key) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private ServiceAccountCredential Account(JsonObject json, string scope)
    {
        if (Text(json, "type") is not "service_account" || Text(json, "client_email") is not { } email || Text(json, "private_key") is not { } pem)
        {
            throw new GatewayException(503,
                "'vertex_credentials' must be the JSON of a service account's key, with type, client_email and private_key, or of an external account.");
        }

        var address = Text(json, "token_uri") ?? DefaultTokenAddress;
        RequireGoogles(address, "token_uri");
        try
        {
            return new ServiceAccountCredential(new ServiceAccountCredential.Initializer(email, address)
            {
                KeyId = Text(json, "private_key_id"),
                Scopes = [scope],
                Clock = new Clock(time),
                HttpClientFactory = new DoorFactory(http),
                // The call has its own retries.
                DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
            }.FromPrivateKey(pem));
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or CryptographicException or InvalidOperationException)
        {
            throw new GatewayException(503, "The private key in 'vertex_credentials' cannot be read.");
        }
    }

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    // The address stands in the route's own key: any other would make the gateway post where the route's author likes.
    private void RequireGoogles(string address, string name)
    {
        var isGoogles = Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (egress.IsListed(uri.Host, uri.Port) || (uri.Scheme == Uri.UriSchemeHttps && uri.Host.EndsWith(".googleapis.com", StringComparison.OrdinalIgnoreCase)));
        if (!isGoogles)
        {
            throw new GatewayException(503, $"The '{name}' in 'vertex_credentials' is not an address of Google's.");
        }
    }

    private static async ValueTask<string> AmbientAsync(string scope, CancellationToken cancellationToken)
    {
        try
        {
            var credential = (await GoogleCredential.GetApplicationDefaultAsync(cancellationToken)).CreateScoped(scope);
            return await ((ITokenAccess)credential).GetAccessTokenForRequestAsync(null, cancellationToken);
        }
        catch (Exception failure) when (failure is InvalidOperationException or TokenResponseException)
        {
            throw new GatewayException(503, "This machine has no Google credentials of its own. Give the route 'vertex_credentials'.");
        }
    }

    private static KeyNotTakenException Refused(string reason) => new($"Google did not accept the service account's key: {reason}.");

    private sealed class Clock(TimeProvider time) : IClock
    {
        public DateTime Now => time.GetLocalNow().DateTime;

        public DateTime UtcNow => time.GetUtcNow().UtcDateTime;
    }

    /// <summary>Lets the library out by the door that all calls take, where the egress rule stands.</summary>
    private sealed class DoorFactory(HttpMessageInvoker http) : Google.Apis.Http.HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => new Door(http);
    }
}

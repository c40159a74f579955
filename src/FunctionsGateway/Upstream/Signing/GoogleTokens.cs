using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;
using FunctionsGateway.Upstream.Egress;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Google.Apis.Util;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>Google's access tokens for a service account (spec/providers-own-shape.md §6), or for the machine's own; kept until shortly before they end.</summary>
internal sealed class GoogleTokens(TimeProvider time, IConfiguration settings, EgressRule egress, GoogleFederation federation, HttpMessageInvoker http)
{
    private const string DefaultTokenAddress = "https://oauth2.googleapis.com/token";

    // Not the whole domain: storage.googleapis.com writes down what is posted there.
    private static readonly string[] TokenHosts = ["sts.googleapis.com", "iamcredentials.googleapis.com", "oauth2.googleapis.com"];

    private readonly Renewed<string> _tokens = new(time);

    /// <summary>Adds a token.</summary>
    public async ValueTask<Secret?> SignAsync(Credential.GoogleToken google, Unsigned request, CancellationToken cancellationToken)
    {
        if (await request.KeyAsync(google.Field, cancellationToken) is not { } key)
        {
            request.Keys.RequireOwnHost();
            return request.Bear(await _tokens.GetAsync("ambient\n" + google.Scope, token => AmbientAsync(google, token), cancellationToken));
        }

        // Never a path: what lies on this machine is not the route's.
        var bytes = Encoding.UTF8.GetBytes(key.Reveal());
        var account = TokenAnswer.Parse(bytes) ?? [];
        // Such a key holds no secret: what it stands for is the gateway's own identity. Before the cache is asked: another route may show the token where this one may not.
        if (IsExternal(account))
        {
            request.Keys.RequireOwnHost();
        }

        var name = Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(google.Scope + "\n"), .. bytes]));
        return request.Bear(await _tokens.GetAsync(name, token => FetchAsync(account, google, token), cancellationToken));
    }

    /// <summary>Drops the token.</summary>
    public bool Forget(Secret refused) => _tokens.Forget(token => token == refused.Reveal());

    private static bool IsExternal(JsonObject account) => account.Text("type") is "external_account";

    private async Task<(string Value, DateTimeOffset Ends)> FetchAsync(JsonObject json, Credential.GoogleToken google, CancellationToken cancellationToken)
    {
        try
        {
            if (IsExternal(json))
            {
                RequireGoogles(GoogleFederation.TokenAddress(json), "token_url", google.Field);
                RequireGoogles(GoogleFederation.Impersonation(json) ?? GoogleFederation.TokenAddress(json), "service_account_impersonation_url", google.Field);
                return await federation.FetchAsync(json, google, cancellationToken);
            }

            var account = Account(json, google);
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

    private ServiceAccountCredential Account(JsonObject json, Credential.GoogleToken google)
    {
        if (json.Text("type") is not "service_account" || json.Text("client_email") is not { } email || json.Text("private_key") is not { } pem)
        {
            throw new GatewayException(503,
                $"'{google.Field}' must be the JSON of a service account's key, with type, client_email and private_key, or of an external account.");
        }

        var address = json.Text("token_uri") ?? DefaultTokenAddress;
        RequireGoogles(address, "token_uri", google.Field);
        try
        {
            return new ServiceAccountCredential(new ServiceAccountCredential.Initializer(email, address)
            {
                KeyId = json.Text("private_key_id"),
                Scopes = [google.Scope],
                Clock = new Clock(time),
                HttpClientFactory = new DoorFactory(http),
                // The call has its own retries.
                DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
            }.FromPrivateKey(pem));
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or CryptographicException or InvalidOperationException)
        {
            throw new GatewayException(503, $"The private key in '{google.Field}' cannot be read.");
        }
    }

    // The address stands in the route's own key: any other would make the gateway post where the route's author likes, a public bucket at Google too.
    private void RequireGoogles(string address, string name, string field)
    {
        var isGoogles = Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (egress.IsListed(uri.Host, uri.Port)
                || (uri.Scheme == Uri.UriSchemeHttps && uri.IsDefaultPort && TokenHosts.Contains(uri.Host, StringComparer.OrdinalIgnoreCase)));
        if (!isGoogles)
        {
            throw new GatewayException(503, $"The '{name}' in '{field}' is not an address of Google's tokens: its host must be one of {string.Join(", ", TokenHosts)}, "
                + "or one that the operator lists in Gateway__Egress__AllowedHosts.");
        }
    }

    // The library finds what the machine has; what it then fetches goes out by the gateway's own door.
    private async Task<(string Value, DateTimeOffset Ends)> AmbientAsync(Credential.GoogleToken google, CancellationToken cancellationToken)
    {
        try
        {
            var found = settings["GOOGLE_APPLICATION_CREDENTIALS"] is { Length: > 0 } file
                ? Ambient(await File.ReadAllTextAsync(file, cancellationToken))
                : await GoogleCredential.GetApplicationDefaultAsync(cancellationToken);
            var credential = found.CreateWithHttpClientFactory(new DoorFactory(http)).CreateScoped(google.Scope);
            var token = await ((ITokenAccess)credential).GetAccessTokenForRequestAsync(null, cancellationToken);
            var seconds = credential.UnderlyingCredential switch
            {
                ServiceCredential { Token: { } service } => service.ExpiresInSeconds,
                UserCredential { Token: { } user } => user.ExpiresInSeconds,
                _ => null,
            };
            return (token, time.GetUtcNow().AddSeconds(seconds ?? 3600));
        }
        catch (Exception failure) when (failure is InvalidOperationException or TokenResponseException or IOException or UnauthorizedAccessException)
        {
            throw new GatewayException(503, $"This machine has no Google credentials of its own. Give the route '{google.Field}'.");
        }
    }

    private static GoogleCredential Ambient(string json) =>
        CredentialFactory.FromJson(json, TokenAnswer.Parse(Encoding.UTF8.GetBytes(json))?.Text("type") ?? "");

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

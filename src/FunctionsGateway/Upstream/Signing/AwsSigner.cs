using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.Runtime.Internal.Auth;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Azure.Core;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>AWS Signature Version 4 (spec/providers-own-shape.md §7.1, §7.6), with the keys of the route, of a role that is assumed, or of the machine.</summary>
internal sealed class AwsSigner(TimeProvider time, IConfiguration settings, Lazy<TokenCredential> identity, HttpMessageInvoker http)
{
    private readonly Renewed<ImmutableCredentials> _roles = new(time);
    private readonly ConditionalWeakTable<TargetBinding, AwsClock> _clocks = [];
    private readonly Lazy<DefaultAWSCredentialsIdentityResolver> _machine = new(() => new DefaultAWSCredentialsIdentityResolver());

    /// <summary>Signs a request.</summary>
    public async ValueTask<Secret?> SignAsync(Credential.AwsSignature aws, Unsigned request, CancellationToken cancellationToken)
    {
        if (MachineToken(aws, request) is { } token)
        {
            request.Keys.RequireOwnHost();
            return request.Bear(token);
        }

        var keys = await KeysAsync(aws, request, cancellationToken);
        Sign(aws, keys, (time.GetUtcNow() + OffsetOf(request.Target)).UtcDateTime, request);
        // What travels, and could be echoed, is the session's token; the key itself never leaves.
        return request.Shown(keys.UseToken ? keys.Token : keys.SecretKey);
    }

    /// <summary>Drops an assumed role whose key this is.</summary>
    public bool Forget(Secret refused) => _roles.Forget(keys => keys.Token == refused.Reveal() || keys.SecretKey == refused.Reveal());

    /// <summary>Sets the clock that a target's requests are signed by, when AWS refused one for its time; whether signing again may help.</summary>
    /// <param name="target">Whose request was refused; a strange host may set no other's clock.</param>
    /// <param name="type">AWS' name of the refusal.</param>
    /// <param name="date">When AWS says that it answered.</param>
    public bool SetClock(TargetBinding target, string? type, DateTimeOffset? date) =>
        target.Credential is Credential.AwsSignature && date is { } theirs
        && _clocks.GetOrCreateValue(target).Set(type, theirs - time.GetUtcNow());

    private TimeSpan OffsetOf(TargetBinding target) => target is not null && _clocks.TryGetValue(target, out var clock) ? clock.Offset : TimeSpan.Zero;

    // A service's token for the whole machine goes before the machine's other credentials, as in AWS' SDKs (docs.aws.amazon.com/bedrock, "Use an Amazon Bedrock API key"),
    // but after those that the route itself names.
    private string? MachineToken(Credential.AwsSignature aws, Unsigned request) =>
        aws.MachineToken is { } name && settings[name] is { Length: > 0 } token
        && request.Text(aws.Fields.Role) is null && request.Text(aws.Fields.Key) is null ? token : null;

    /// <summary>Adds the signature for the moment <paramref name="now"/>.</summary>
    internal static void Sign(Credential.AwsSignature aws, ImmutableCredentials keys, DateTime now, Unsigned request)
    {
        var (headers, address) = (request.Headers, request.Address);
        var hash = Convert.ToHexStringLower(SHA256.HashData(request.Body.Span));
        headers.TryAddWithoutValidation("x-amz-content-sha256", hash);
        headers.TryAddWithoutValidation("x-amz-date", now.ToString("yyyyMMdd'T'HHmmss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        if (keys.UseToken)
        {
            headers.TryAddWithoutValidation("x-amz-security-token", keys.Token);
        }

        // Only headers that no proxy rewrites.
        var signed = headers.Where(header => header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) || header.Key.Equals("accept", StringComparison.OrdinalIgnoreCase))
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: string.Join(',', header.Value).Trim()))
            .Append((Name: "host", Value: address.Authority)).Append((Name: "content-type", Value: "application/json"))
            .OrderBy(header => header.Name, StringComparer.Ordinal).ToList();
        var names = string.Join(';', signed.Select(header => header.Name));
        var lines = string.Concat(signed.Select(header => $"{header.Name}:{header.Value}\n"));
        var canonical = $"POST\n{Path(address)}\n{address.Query.TrimStart('?')}\n{lines}\n{names}\n{hash}";
        var signature = AWS4Signer.ComputeSignature(keys, aws.Region, now, aws.Service, names, canonical);
        headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
    }

    // The path as it goes over the wire, each segment encoded once more.
    private static string Path(Uri address) => string.Join('/', address.AbsolutePath.Split('/').Select(Uri.EscapeDataString));

    private async ValueTask<ImmutableCredentials> KeysAsync(Credential.AwsSignature aws, Unsigned request, CancellationToken cancellationToken)
    {
        var fields = aws.Fields;
        var own = await request.KeyAsync(fields.Key, cancellationToken) is { } secret
            ? new ImmutableCredentials(await request.TextAsync(fields.KeyId, cancellationToken), secret.Reveal(), (await request.KeyAsync(fields.SessionToken, cancellationToken))?.Reveal())
            : null;
        if (request.Text(fields.Role) is not { } role)
        {
            return own ?? await MachineAsync(request);
        }

        // Before the cache is asked: a role that another route assumed is no more this route's to show around.
        var audience = request.Text(fields.WebIdentityAudience);
        if (own is null || audience is not null)
        {
            request.Keys.RequireOwnHost();
        }

        var session = new RoleSession(role, request.Text(fields.SessionName) ?? fields.DefaultSessionName, (int)(request.Whole(fields.SessionSeconds) ?? 900), aws.Region);
        if (audience is not null)
        {
            if (!audience.StartsWith("api://", StringComparison.Ordinal))
            {
                throw new GatewayException(503, $"'{fields.WebIdentityAudience}' must name an Azure application, as 'api://…'.");
            }

            return await _roles.GetAsync($"{session}\n{audience}", token => FederateAsync(session, audience, token), cancellationToken);
        }

        var key = $"{session}\n{own?.AccessKey}\n{(own is null ? "" : Hash(own.SecretKey))}";
        return await _roles.GetAsync(key, async token => await AssumeAsync(session, own ?? await MachineAsync(request), token), cancellationToken);
    }

    // The app settings' own keys first: the settings are where this gateway's configuration is.
    private async ValueTask<ImmutableCredentials> MachineAsync(Unsigned request)
    {
        request.Keys.RequireOwnHost();
        if (settings["AWS_ACCESS_KEY_ID"] is { Length: > 0 } id && settings["AWS_SECRET_ACCESS_KEY"] is { Length: > 0 } secret)
        {
            return new ImmutableCredentials(id, secret, settings["AWS_SESSION_TOKEN"] is { Length: > 0 } token ? token : null);
        }

        try
        {
            var found = await _machine.Value.ResolveIdentityAsync(null);
            return await found.GetCredentialsAsync();
        }
        catch (AmazonClientException)
        {
            throw new GatewayException(503, "The gateway has no AWS credentials of its own. Give the route keys, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a web identity.");
        }
    }

    private async Task<(ImmutableCredentials Value, DateTimeOffset Ends)> AssumeAsync(RoleSession session, ImmutableCredentials keys, CancellationToken cancellationToken)
    {
        AWSCredentials caller = keys.UseToken ? new SessionAWSCredentials(keys.AccessKey, keys.SecretKey, keys.Token) : new BasicAWSCredentials(keys.AccessKey, keys.SecretKey);
        try
        {
            using var client = new AmazonSecurityTokenServiceClient(caller, Sts(session.Region));
            var request = new AssumeRoleRequest { RoleArn = session.Role, RoleSessionName = session.Name, DurationSeconds = session.Seconds };
            var answer = await client.AssumeRoleAsync(request, cancellationToken);
            return Lasting(answer.Credentials);
        }
        catch (AmazonServiceException refusal)
        {
            throw Refused(session.Role, refusal);
        }
    }

    // The gateway's own Entra token stands for it, so that no AWS key is stored anywhere.
    private async Task<(ImmutableCredentials Value, DateTimeOffset Ends)> FederateAsync(RoleSession session, string audience, CancellationToken cancellationToken)
    {
        try
        {
            var own = await identity.Value.GetTokenAsync(new TokenRequestContext([audience.TrimEnd('/') + "/.default"]), cancellationToken);
            using var client = new AmazonSecurityTokenServiceClient(new AnonymousAWSCredentials(), Sts(session.Region));
            var request = new AssumeRoleWithWebIdentityRequest { RoleArn = session.Role, RoleSessionName = session.Name, DurationSeconds = session.Seconds, WebIdentityToken = own.Token };
            return Lasting((await client.AssumeRoleWithWebIdentityAsync(request, cancellationToken)).Credentials);
        }
        catch (Azure.Identity.AuthenticationFailedException)
        {
            throw new GatewayException(503, "The gateway's own identity could not get a token for AWS.");
        }
        catch (AmazonServiceException refusal)
        {
            throw Refused(session.Role, refusal);
        }
    }

    private AmazonSecurityTokenServiceConfig Sts(string region)
    {
        var config = new AmazonSecurityTokenServiceConfig { HttpClientFactory = new DoorFactory(http), MaxErrorRetry = 1, AuthenticationRegion = region };
        if (settings["AWS_ENDPOINT_URL_STS"] is { Length: > 0 } endpoint)
        {
            config.ServiceURL = endpoint;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        return config;
    }

    private sealed record RoleSession(string Role, string Name, int Seconds, string Region);

    private static (ImmutableCredentials Value, DateTimeOffset Ends) Lasting(Credentials got) =>
        (new ImmutableCredentials(got.AccessKeyId, got.SecretAccessKey, got.SessionToken), new DateTimeOffset(got.Expiration!.Value.ToUniversalTime()));

    private static KeyNotTakenException Refused(string role, AmazonServiceException refusal) =>
        new($"AWS did not let the gateway assume the role '{role}': {refusal.ErrorCode ?? "no answer"}.");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Lets the SDK out by the door that all calls take, where the egress rule stands.</summary>
    private sealed class DoorFactory(HttpMessageInvoker http) : Amazon.Runtime.HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Door(http));

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
    }
}

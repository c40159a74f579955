using System.Net.Http.Headers;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream.Signing;

/// <summary>What is signed: a request that is ready but for its credential.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Address">The full address.</param>
/// <param name="Headers">Its headers, which get the signature.</param>
/// <param name="Body">Its body.</param>
/// <param name="Keys">The target's keys.</param>
internal sealed record Unsigned(TargetBinding Target, Uri Address, HttpRequestHeaders Headers, ReadOnlyMemory<byte> Body, KeyRing Keys)
{
    /// <summary>Adds a token.</summary>
    public Secret Bear(string token)
    {
        Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        return Shown(token);
    }

    /// <summary>What the provider sees of the target's keys.</summary>
    public Secret Shown(string text) => new(text) { MadeFrom = Keys.Used };

    /// <summary>The configuration's text in a field; null when the field is empty, or there is none.</summary>
    public string? Text(string? field) => field is null ? null : Target.Call(stream: false).Text(field);

    /// <summary>The configuration's whole number in a field; null when the field is empty, or there is none.</summary>
    public long? Whole(string? field) => field is null ? null : Target.Call(stream: false).Whole(field);

    /// <summary>The key in a secret field; null when the field is empty, or there is none.</summary>
    public async ValueTask<Secret?> KeyAsync(string? field, CancellationToken cancellationToken)
    {
        if (Text(field) is not { } reference)
        {
            return null;
        }

        var key = await Keys.Resolve(reference, cancellationToken);
        Keys.Used.Add(new SourceKey(reference, key));
        return key;
    }

    /// <summary>The text in a field that holds no secret, and yet may refer to one, where it changes together with a key.</summary>
    public async ValueTask<string?> TextAsync(string field, CancellationToken cancellationToken) =>
        Text(field) is { } text && SecretReference.IsMeant(text) ? (await KeyAsync(field, cancellationToken))!.Reveal() : Text(field);
}

/// <summary>How a signer comes by keys: under the rules that hold for every key (spec/decisions.md §4).</summary>
/// <param name="Resolve">The key behind a reference, once it is certain that it may go to the request's host.</param>
/// <param name="RequireOwnHost">Throws unless what the machine itself may do can be shown to the request's host.</param>
internal sealed record KeyRing(Func<string, CancellationToken, ValueTask<Secret>> Resolve, Action RequireOwnHost)
{
    /// <summary>The keys that were taken from it.</summary>
    public List<SourceKey> Used { get; } = [];
}

/// <summary>A giver of tokens did not take the target's key.</summary>
/// <param name="message">A sentence for the caller, without the key.</param>
internal sealed class KeyNotTakenException(string message) : GatewayException(502, message);

/// <summary>The credentials that are more than a key in a header.</summary>
internal sealed class Signers(AwsSigner aws, GoogleTokens google, ClientCredentialTokens clients)
{
    /// <summary>Carries out <paramref name="credential"/>; gives the secret that was used, so that no answer can echo it.</summary>
    public ValueTask<Secret?> SignAsync(Credential credential, Unsigned request, CancellationToken cancellationToken) => credential switch
    {
        Credential.AwsSignature signature => aws.SignAsync(signature, request, cancellationToken),
        Credential.GoogleToken token => google.SignAsync(token, request, cancellationToken),
        Credential.ClientCredentials client => clients.SignAsync(client, request, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(credential), credential, "No signer carries it out."),
    };

    /// <inheritdoc cref="AwsSigner.SetClock"/>
    public bool SetClock(TargetBinding target, string? type, DateTimeOffset? date) => aws.SetClock(target, type, date);

    /// <summary>Drops what was fetched and is refused now; whether signing again may help.</summary>
    public bool Forget(Secret refused) => aws.Forget(refused) | google.Forget(refused) | clients.Forget(refused);
}

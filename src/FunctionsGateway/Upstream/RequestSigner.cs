using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Azure.Core;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;
using FunctionsGateway.Upstream.Egress;
using FunctionsGateway.Upstream.Signing;

namespace FunctionsGateway.Upstream;

/// <summary>Carries out what a <see cref="Credential"/> describes; the only place where a key meets a request.</summary>
internal sealed class RequestSigner(SecretResolver secrets, EgressRule egress, Lazy<TokenCredential> identity, Signers signers)
{
    /// <summary>Puts the target's credential into <paramref name="headers"/>, and returns the key that was used, so that no answer can echo it.</summary>
    /// <exception cref="GatewayException">503: the key cannot be had, or may not go to this host.</exception>
    public ValueTask<Secret?> SignAsync(
        TargetBinding target, Uri address, HttpRequestHeaders headers, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        RequireOrigin(target, address);
        return target.Credential switch
        {
            Credential.None => default,
            Credential.Bearer bearer => AddAsync(target, address, headers, "Authorization", bearer.Field, "Bearer ", cancellationToken),
            Credential.Header header => AddAsync(target, address, headers, header.Name, header.Field, header.Prefix, cancellationToken),
            Credential.EntraToken entra => AddTokenAsync(target, address, entra, headers, cancellationToken),
            var other => SignAsync(other, target, address, headers, body, cancellationToken),
        };
    }

    /// <summary>Whether another key has taken the place of the one that the provider <paramref name="refused"/>, or it was a token that can be fetched anew:
    /// then signing again may help.</summary>
    /// <param name="target">Whose request was refused.</param>
    /// <param name="refused">The key that signed it.</param>
    /// <param name="refusal">What the provider said.</param>
    /// <param name="date">When the provider says that it answered.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask<bool> RenewAsync(TargetBinding target, Secret? refused, ProviderException refusal, DateTimeOffset? date, CancellationToken cancellationToken)
    {
        if (refused is null)
        {
            return false;
        }

        if (signers.SetClock(target, refusal.Upstream?.Type, date))
        {
            return true;
        }

        var isForgotten = signers.Forget(refused);
        return await RenewAsync(FieldOf(target.Credential) is { } field && Reference(target, field) is { } reference ? [new SourceKey(reference, refused)] : refused.MadeFrom, cancellationToken)
            || isForgotten;
    }

    private async ValueTask<bool> RenewAsync(IReadOnlyList<SourceKey> used, CancellationToken cancellationToken)
    {
        var isAnyNew = false;
        foreach (var (reference, key) in used)
        {
            isAnyNew |= await secrets.RenewAsync(reference, key, cancellationToken) is not null;
        }

        return isAnyNew;
    }

    private async ValueTask<Secret?> SignAsync(
        Credential credential, TargetBinding target, Uri address, HttpRequestHeaders headers, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var keys = KeysOf(target, address);
        try
        {
            return await signers.SignAsync(credential, new Unsigned(target, address, headers, body, keys), cancellationToken);
        }
        catch (KeyNotTakenException)
        {
            // The key may have been changed where it is kept: whoever gives tokens for it knows before the provider does.
            if (!await RenewAsync(keys.Used, cancellationToken))
            {
                throw;
            }

            return await signers.SignAsync(credential, new Unsigned(target, address, headers, body, KeysOf(target, address)), cancellationToken);
        }
    }

    private KeyRing KeysOf(TargetBinding target, Uri address) => new(
        async (reference, cancellationToken) =>
        {
            var secret = await secrets.ResolveAsync(reference, target.Target.IsOperators, cancellationToken);
            BindToOrigin(target, address, reference, secret);
            return secret;
        },
        () => RequireOwnHost(target, address));

    private static string? FieldOf(Credential credential) => credential switch
    {
        Credential.Bearer bearer => bearer.Field,
        Credential.Header header => header.Field,
        _ => null,
    };

    private static string? Reference(TargetBinding target, string field) =>
        ProviderCall.Field(target.Target.Config, field) is JsonValue value && value.TryGetValue(out string? reference) && reference.Length > 0 ? reference : null;

    private ValueTask<Secret?> AddAsync(
        TargetBinding target, Uri address, HttpRequestHeaders headers, string name, string field, string prefix, CancellationToken cancellationToken)
    {
        if (Reference(target, field) is not { } reference)
        {
            return default;
        }

        var resolving = secrets.ResolveAsync(reference, target.Target.IsOperators, cancellationToken);
        return resolving.IsCompletedSuccessfully
            ? ValueTask.FromResult<Secret?>(Add(target, address, headers, name, field, prefix, reference, resolving.Result))
            : AwaitAsync(resolving, target, address, headers, name, field, prefix, reference);
    }

    private async ValueTask<Secret?> AwaitAsync(
        ValueTask<Secret> resolving, TargetBinding target, Uri address, HttpRequestHeaders headers, string name, string field, string prefix, string reference) =>
        Add(target, address, headers, name, field, prefix, reference, await resolving);

    private Secret Add(TargetBinding target, Uri address, HttpRequestHeaders headers, string name, string field, string prefix, string reference, Secret secret)
    {
        BindToOrigin(target, address, reference, secret);
        var key = secret.Reveal();
        if (key.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 || !headers.TryAddWithoutValidation(name, prefix + key))
        {
            throw new GatewayException(503, $"The key behind '{field}' of provider '{target.Provider.Name}' holds characters that no header may hold. Store it again.");
        }

        return secret;
    }

    private async ValueTask<Secret?> AddTokenAsync(
        TargetBinding target, Uri address, Credential.EntraToken entra, HttpRequestHeaders headers, CancellationToken cancellationToken)
    {
        // The token is the gateway's own identity: no route's author may have it shown to a host of their choice.
        RequireOwnHost(target, address, entra.Hosts);
        try
        {
            var token = await identity.Value.GetTokenAsync(new TokenRequestContext([entra.Scope]), cancellationToken);
            headers.TryAddWithoutValidation("Authorization", "Bearer " + token.Token);
            return new Secret(token.Token);
        }
        catch (Azure.Identity.AuthenticationFailedException)
        {
            throw new GatewayException(503, "The gateway's own identity could not get a token for the provider.");
        }
    }

    // Whatever built the address (a native path, a client's query), it may not have moved the call to another host.
    private void RequireOrigin(TargetBinding target, Uri address)
    {
        if (Secret.OriginOf(address) != target.Origin)
        {
            throw new GatewayException(503, $"A call of provider '{target.Provider.Name}' was to go to another host than its route's.") { Code = "origin_refused" };
        }

        // The rule for addresses says so too when a route is written; this door knows of no other way in.
        if (!egress.MayBeOpen(address.Scheme, address.Host, address.Port))
        {
            throw new GatewayException(503, $"A call of provider '{target.Provider.Name}' was to go out by http. The operator can list '{address.Host}' in Gateway__Egress__AllowedHosts.") { Code = "origin_refused" };
        }
    }

    // A tagged key goes where its tag says. One that is admitted by its name alone goes only to hosts that are the provider's own, or that the
    // operator listed or wrote into the configuration file: who may write a route must not be able to send the operator's keys elsewhere (spec/decisions.md §4).
    private void BindToOrigin(TargetBinding target, Uri address, string reference, Secret secret)
    {
        if (secret.Origin is { } origin)
        {
            if (!origin.Equals(target.Origin, StringComparison.OrdinalIgnoreCase))
            {
                throw new GatewayException(503, $"The key of this route is for another host than '{address.Host}': its tag gateway-origin says so.") { Code = "origin_refused" };
            }

            return;
        }

        if (SecretReference.IsMeant(reference))
        {
            RequireOwnHost(target, address);
        }
    }

    private void RequireOwnHost(TargetBinding target, Uri address, IReadOnlyList<string>? among = null)
    {
        if (!target.Target.IsOperators && !egress.IsListed(address.Host, address.Port)
            && !(target.Provider.Owns(address.Host) && (among is null || Provider.IsAmong(among, address.Host))))
        {
            throw new GatewayException(503,
                $"The key of this route may not go to '{address.Host}', which is none of {target.Provider.Name}'s own hosts{(among is null ? "" : " for such a token")}. The operator can list the host in Gateway__Egress__AllowedHosts.") { Code = "origin_refused" };
        }
    }
}

using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Azure.Core;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream;

/// <summary>Carries out what a <see cref="Credential"/> describes; the only place where a key meets a request.</summary>
internal sealed class RequestSigner(SecretResolver secrets, EgressRule egress, Lazy<TokenCredential> identity)
{
    /// <summary>Puts the target's credential into <paramref name="headers"/>, and returns the key that was used, so that no answer can echo it.</summary>
    /// <exception cref="GatewayException">503: the key cannot be had, or may not go to this host.</exception>
    public ValueTask<Secret?> SignAsync(TargetBinding target, Uri address, HttpRequestHeaders headers, CancellationToken cancellationToken) => target.Credential switch
    {
        Credential.None => default,
        Credential.Bearer bearer => AddAsync(target, address, headers, "Authorization", bearer.Field, "Bearer ", cancellationToken),
        Credential.Header header => AddAsync(target, address, headers, header.Name, header.Field, header.Prefix, cancellationToken),
        Credential.EntraToken entra => AddTokenAsync(entra, headers, cancellationToken),
        var other => throw new GatewayException(501, $"The credential kind {other.GetType().Name} of provider '{target.Provider.Name}' is not available in this version."),
    };

    private ValueTask<Secret?> AddAsync(
        TargetBinding target, Uri address, HttpRequestHeaders headers, string name, string field, string prefix, CancellationToken cancellationToken)
    {
        if (target.Target.Config[field] is not JsonValue value || !value.TryGetValue(out string? reference) || reference.Length == 0)
        {
            return default;
        }

        BindToOrigin(target, address, reference);
        var resolving = secrets.ResolveAsync(reference, cancellationToken);
        if (!resolving.IsCompletedSuccessfully)
        {
            return AwaitAsync(resolving, target, headers, name, field, prefix);
        }

        return ValueTask.FromResult<Secret?>(Add(target, headers, name, field, prefix, resolving.Result));
    }

    private static async ValueTask<Secret?> AwaitAsync(
        ValueTask<Secret> resolving, TargetBinding target, HttpRequestHeaders headers, string name, string field, string prefix) =>
        Add(target, headers, name, field, prefix, await resolving);

    private static Secret Add(TargetBinding target, HttpRequestHeaders headers, string name, string field, string prefix, Secret secret)
    {
        var key = secret.Reveal();
        if (key.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 || !headers.TryAddWithoutValidation(name, prefix + key))
        {
            throw new GatewayException(503, $"The key behind '{field}' of provider '{target.Provider.Name}' holds characters that no header may hold. Store it again.");
        }

        return secret;
    }

    private async ValueTask<Secret?> AddTokenAsync(Credential.EntraToken entra, HttpRequestHeaders headers, CancellationToken cancellationToken)
    {
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

    // A key that is admitted by its name alone goes only to hosts that are the provider's own, or that the operator listed or wrote
    // into the configuration file: who may write a route must not be able to send the operator's keys elsewhere (spec/decisions.md §4).
    private void BindToOrigin(TargetBinding target, Uri address, string reference)
    {
        if (!reference.StartsWith('$') || target.Target.IsOperators || egress.IsListed(address.Host, address.Port))
        {
            return;
        }

        foreach (var host in target.Provider.OwnHosts)
        {
            if (host.StartsWith('.') ? address.Host.EndsWith(host, StringComparison.OrdinalIgnoreCase) : address.Host.Equals(host, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }

        throw new GatewayException(503,
            $"The key '{reference}' may not go to '{address.Host}', which is none of {target.Provider.Name}'s own hosts. The operator can list the host in Gateway__Egress__AllowedHosts.");
    }
}

using FunctionsGateway.Access.Entra;
using FunctionsGateway.Access.Keys;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>Finds out who calls, and holds the caller against the endpoint's policy.</summary>
internal sealed class AccessGate(KeyBook keys, BootstrapKey bootstrap, EntraTokens entra, EasyAuth easyAuth, BrowserRule browsers, IOptions<GatewayOptions> options)
{
    private readonly AccessSettings _settings = options.Value.Access;

    /// <summary>The caller of a request that passed <see cref="AuthenticateAsync"/>.</summary>
    public static Caller CallerOf(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The access gate has not run for this request.");

    /// <summary>Names the caller; without waiting for anything when the caller was seen lately.</summary>
    /// <exception cref="Errors.GatewayException">400 for two credentials, 401 for one that is none, 503 when it cannot be told.</exception>
    public ValueTask AuthenticateAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var credential = PresentedCredential.Of(headers, onlyKeys: _settings.Anonymous);
        if (credential is null)
        {
            // A cookie stands behind the platform's header then, which the browser sends whoever wrote the page.
            context.Features.Set(easyAuth.CallerOf(headers) is { } person ? person with { IsAmbient = true } : Stranger(context));
            return default;
        }

        var identifying = IdentifyAsync(credential, headers, context.RequestAborted);
        if (!identifying.IsCompletedSuccessfully)
        {
            return AwaitAsync(identifying, context);
        }

        context.Features.Set(identifying.Result ?? throw Refusals.Unknown());
        return default;
    }

    /// <summary>Holds the caller against the policy of the endpoint that routing found; an endpoint without one is the managers' alone.</summary>
    /// <exception cref="Errors.GatewayException">401 for a stranger, 403 for a caller without the role, or for a page that acts in another's name.</exception>
    public void Authorize(HttpContext context)
    {
        // What routing itself answers (404, 405) is no RouteEndpoint.
        if (context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return;
        }

        var policy = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy ?? Policies.Manage;
        var caller = CallerOf(context);
        // Who changes what is offered may read it.
        var isAllowed = policy == Policies.Invoke
            ? caller.MayInvoke || (caller.MayManage && HttpMethods.IsGet(context.Request.Method))
            : caller.MayManage;
        if (!isAllowed)
        {
            throw caller.IsStranger ? Refusals.Required() : Refusals.Forbidden(policy);
        }

        browsers.Check(context.Request, caller);
    }

    private static async ValueTask AwaitAsync(ValueTask<Caller?> identifying, HttpContext context) =>
        context.Features.Set(await identifying ?? throw Refusals.Unknown());

    private ValueTask<Caller?> IdentifyAsync(string credential, IHeaderDictionary headers, CancellationToken cancellation) =>
        KeyText.IsOne(credential) ? keys.FindAsync(credential, cancellation)
        : entra.IsOn && EntraTokens.IsOne(credential) ? entra.FindAsync(credential, cancellation)
        : easyAuth.CallerOf(headers) is { } known ? ValueTask.FromResult<Caller?>(known)
        : bootstrap.FindAsync(credential, cancellation);

    private Caller Stranger(HttpContext context)
    {
        var id = _settings.TrustCallerHeader && context.Request.Headers["X-Gateway-Caller"].ToString() is { Length: > 0 } named
            ? named
            : ClientAddress.Of(context.Connection.RemoteIpAddress);
        return new Caller(id, _settings.Anonymous, _settings.Anonymous) { IsStranger = true };
    }
}

using System.Collections.Frozen;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>What pages may do through a visitor's browser where it asks for no credential of the gateway's: nothing in the name of nobody, and nothing but
/// read in the name of a person whom the platform signs in by a cookie.</summary>
/// <remarks>A caller who shows a credential is not concerned: another site's page cannot make a browser send one without asking the gateway first, which never agrees.</remarks>
internal sealed class BrowserRule(IOptions<GatewayOptions> options, IConfiguration configuration)
{
    private readonly FrozenSet<string> _names = RoleMap.List(options.Value.Access.AllowedHosts);

    // There the front end chooses the app by this very name, and who reaches it is on the public internet anyway.
    private readonly bool _isInAzure = Hosting.IsAzure(configuration);

    /// <summary>Refuses what a page of another site could have a browser do.</summary>
    /// <exception cref="Errors.GatewayException">403.</exception>
    public void Check(HttpRequest request, Caller caller)
    {
        if (caller.IsStranger)
        {
            // Only names can be bound to another address than the page came from, and then the page is of this very origin to the browser.
            if (!_isInAzure && !IsOwnName(request.Host.Host))
            {
                throw Refusals.ForeignName();
            }

            if (IsForeign(request))
            {
                throw Refusals.ForeignPage();
            }
        }
        else if (caller.IsAmbient && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && IsForeign(request))
        {
            throw Refusals.ForeignPage();
        }
    }

    private bool IsOwnName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host, out _)
        || _names.Contains(host);

    // What browsers say of themselves no page can change; those that do not say it send the origin with every request that is no mere GET.
    private static bool IsForeign(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "cross-site" or "same-site" => true,
        "same-origin" or "none" => false,
        _ => request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)),
    };
}

using FunctionsGateway.Errors;

namespace FunctionsGateway.Access;

/// <summary>How a caller is refused; never in the words of what they showed.</summary>
internal static class Refusals
{
    private static readonly KeyValuePair<string, string>[] Challenge = [new("WWW-Authenticate", "Bearer")];

    /// <summary>401 for a stranger.</summary>
    public static GatewayException Required() =>
        new(401, "A credential is required. Send a gateway key, for example as 'Authorization: Bearer'; for local use Gateway__Access__Anonymous=true asks for none.")
        {
            Code = "missing_api_key",
            Headers = Challenge,
        };

    /// <summary>401 for a credential that is none here.</summary>
    public static GatewayException Unknown() =>
        new(401, "The credential is not valid: unknown, disabled or expired.") { Code = "invalid_api_key", Headers = Challenge };

    /// <summary>403 for a caller who is known and may not.</summary>
    public static GatewayException Forbidden(string policy) =>
        new(403, policy == Policies.Manage ? "This caller may not manage the gateway." : "This caller may not invoke routes.") { Code = "permission_denied" };

    /// <summary>403 for a page of another origin that a browser lets speak in the name of nobody, or of whom it signs in by itself.</summary>
    public static GatewayException ForeignPage() =>
        new(403, "A page of another origin may not call this gateway without a gateway key or a token.") { Code = "foreign_origin" };

    /// <summary>403 for a name that a page may have had bound to this machine.</summary>
    public static GatewayException ForeignName() =>
        new(403, "The gateway serves callers without a credential under the names of this machine only. Call it by 'localhost' or by an address, or list the name in Gateway__Access__AllowedHosts.")
        {
            Code = "foreign_host",
        };

    /// <summary>400 for two credentials.</summary>
    public static GatewayException Contradiction() =>
        new(400, "The request holds two credentials that differ. Send one of them, or put the one for the gateway into X-MLflow-Authorization.") { Code = "credentials_differ" };
}

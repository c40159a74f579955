using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>App Service's authentication header. The platform takes it from strangers only while it authenticates itself, so it counts only then and where the
/// operator says so (spec/azure.md §1.5).</summary>
internal sealed class EasyAuth(IOptions<GatewayOptions> options, IConfiguration configuration, RoleMap roles)
{
    private const string ObjectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    private const string TenantId = "http://schemas.microsoft.com/identity/claims/tenantid";
    private const int Longest = 64 * 1024;

    private readonly string? _tenant = options.Value.Access.Entra.TenantId;

    private readonly bool _isOn = options.Value.Access.TrustEasyAuth
        && "True".Equals(configuration["WEBSITE_AUTH_ENABLED"], StringComparison.OrdinalIgnoreCase);

    /// <summary>The caller that the platform names, or null.</summary>
    public Caller? CallerOf(IHeaderDictionary headers)
    {
        if (!_isOn || headers["X-MS-CLIENT-PRINCIPAL"] is not [{ Length: > 0 and < Longest } header])
        {
            return null;
        }

        try
        {
            using var principal = JsonDocument.Parse(Convert.FromBase64String(header));
            return Read(principal.RootElement);
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Refusals.Unknown();
        }
    }

    private Caller? Read(JsonElement principal)
    {
        // Other identity providers may call their own users what they like.
        if (principal.GetProperty("auth_typ").GetString() != "aad")
        {
            return null;
        }

        var roleType = principal.TryGetProperty("role_typ", out var typ) ? typ.GetString() : null;
        var (id, tenant) = ((string?)null, (string?)null);
        var held = new List<string>();
        foreach (var claim in principal.GetProperty("claims").EnumerateArray())
        {
            var (type, value) = (claim.GetProperty("typ").GetString(), claim.GetProperty("val").GetString() ?? "");
            if (type is ObjectId or "oid")
            {
                id = value;
            }
            else if (type is TenantId or "tid")
            {
                tenant = value;
            }
            else if (type is "roles" or "groups" || type == roleType)
            {
                held.Add(value);
            }
        }

        // The platform may be set up for any tenant; another's people are none of ours, whatever their roles are called there.
        var isForeign = !string.IsNullOrEmpty(_tenant) && !_tenant.Equals(tenant, StringComparison.OrdinalIgnoreCase);
        return string.IsNullOrEmpty(id) || isForeign ? null : roles.CallerOf(id, held);
    }
}

using System.Collections.Frozen;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Access;

/// <summary>From what an identity provider says of somebody to what they may.</summary>
internal sealed class RoleMap(IOptions<GatewayOptions> options)
{
    private readonly FrozenSet<string> _managers = List(options.Value.Access.Managers);
    private readonly FrozenSet<string> _invoke = List(options.Value.Access.Entra.InvokeRoles);
    private readonly FrozenSet<string> _manage = List(options.Value.Access.Entra.ManageRoles);

    /// <summary>The caller of an object id, with their app roles and groups.</summary>
    public Caller CallerOf(string objectId, IReadOnlyCollection<string> roles)
    {
        var isManager = _managers.Contains(objectId);
        return new Caller(objectId, isManager || roles.Any(_invoke.Contains), isManager || roles.Any(_manage.Contains));
    }

    /// <summary>A comma-separated list.</summary>
    public static FrozenSet<string> List(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}

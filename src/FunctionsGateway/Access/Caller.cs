namespace FunctionsGateway.Access;

/// <summary>Who calls.</summary>
/// <param name="Id">The <c>user</c> of limits: a gateway key's owner, an Entra object id, else the client's address.</param>
/// <param name="MayInvoke">Whether the caller may invoke routes.</param>
/// <param name="MayManage">Whether the caller may change routes, limits and keys.</param>
internal sealed record Caller(string Id, bool MayInvoke, bool MayManage)
{
    /// <summary>The routes that the caller may use; null means all.</summary>
    public IReadOnlySet<string>? Routes { get; init; }

    /// <summary>Whether the caller's key allows the route.</summary>
    public bool MaySee(string route) => Routes?.Contains(route) != false;

    /// <summary>Whether the caller showed nothing that names them; what they lack is then a credential, not a permission.</summary>
    public bool IsStranger { get; init; }

    /// <summary>Whether a browser names the caller by itself, also for requests that another site's page made.</summary>
    public bool IsAmbient { get; init; }
}

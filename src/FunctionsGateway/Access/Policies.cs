namespace FunctionsGateway.Access;

/// <summary>The two things that a caller may be allowed; every endpoint names one with <c>RequireAuthorization</c>, or allows anyone.</summary>
internal static class Policies
{
    /// <summary>Invoke routes and read what is offered.</summary>
    public const string Invoke = "invoke";

    /// <summary>Change routes, limits and keys.</summary>
    public const string Manage = "manage";
}

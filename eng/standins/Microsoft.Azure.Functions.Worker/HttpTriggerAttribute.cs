using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Whom the host lets call a function.</summary>
public enum AuthorizationLevel
{
    /// <summary>Everyone.</summary>
    Anonymous = 0,

    /// <summary>Not usable.</summary>
    User = 1,

    /// <summary>Who has a key of the function.</summary>
    Function = 2,

    /// <summary>Extensions of the host.</summary>
    System = 3,

    /// <summary>Who has the master key.</summary>
    Admin = 4,
}

/// <summary>Starts a function for HTTP requests.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HttpTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>Every verb, for callers with a key of the function.</summary>
    public HttpTriggerAttribute() => AuthLevel = AuthorizationLevel.Function;

    /// <summary>These verbs, for everyone (the level is not the default of the other constructor).</summary>
    /// <param name="methods">The verbs.</param>
    public HttpTriggerAttribute(params string[] methods) => Methods = methods;

    /// <summary>Every verb, for callers of a level.</summary>
    /// <param name="authLevel">Whom the host lets call.</param>
    public HttpTriggerAttribute(AuthorizationLevel authLevel) => AuthLevel = authLevel;

    /// <summary>These verbs, for callers of a level.</summary>
    /// <param name="authLevel">Whom the host lets call.</param>
    /// <param name="methods">The verbs.</param>
    public HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods)
    {
        AuthLevel = authLevel;
        Methods = methods;
    }

    /// <summary>The route template without the host's prefix; <see langword="null"/> is the function's name.</summary>
    public string? Route { get; set; }

    /// <summary>The verbs; <see langword="null"/> is every verb.</summary>
    public string[]? Methods { get; }

    /// <summary>Whom the host lets call.</summary>
    public AuthorizationLevel AuthLevel { get; }
}

namespace FunctionsGateway.Providers;

/// <summary>One way in which a provider may be authenticated, as MLflow's user interface asks for it (spec/mlflow-gen3.md §E.1).</summary>
/// <param name="Mode">The name that <c>auth_config.auth_mode</c> keeps, e.g. <c>access_keys</c>.</param>
/// <param name="Name">The name in sentences.</param>
/// <param name="Description">What is used, in a few words.</param>
public sealed record AuthMode(string Mode, string Name, string Description)
{
    /// <summary>What is stored as secrets.</summary>
    public IReadOnlyList<AuthField> Secrets { get; init; } = [];

    /// <summary>What is stored beside them.</summary>
    public IReadOnlyList<AuthField> Config { get; init; } = [];
}

/// <summary>One field of an <see cref="AuthMode"/>: a text.</summary>
/// <param name="Name">The name in <c>secret_value</c> or <c>auth_config</c>.</param>
/// <param name="IsRequired">Whether the mode needs it.</param>
/// <param name="Default">What holds when it is absent; null when nothing does.</param>
public sealed record AuthField(string Name, bool IsRequired = true, string? Default = null);

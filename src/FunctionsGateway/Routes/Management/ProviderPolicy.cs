using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Routes.Management;

/// <summary>Which providers the operator lets calls go to: <c>MLFLOW_GATEWAY_ALLOWED_PROVIDERS</c> and <c>MLFLOW_GATEWAY_BLOCKED_PROVIDERS</c>, comma-separated.</summary>
internal sealed class ProviderPolicy(IConfiguration settings)
{
    private readonly HashSet<string> _allowed = Names(settings["MLFLOW_GATEWAY_ALLOWED_PROVIDERS"]);
    private readonly HashSet<string> _blocked = Names(settings["MLFLOW_GATEWAY_BLOCKED_PROVIDERS"]);

    /// <summary>Whether calls may go to <paramref name="provider"/>.</summary>
    public bool Allows(string provider) =>
        (_allowed.Count == 0 || _allowed.Contains(Normal(provider))) && (_blocked.Count == 0 || !_blocked.Contains(Normal(provider)));

    /// <summary>The refusal in MLflow's words.</summary>
    public static GatewayException Refusal(string provider)
    {
        var message = $"Provider '{provider}' is not allowed by the current gateway provider policy.";
        return new(400, message)
        {
            Detail = new System.Text.Json.Nodes.JsonObject { ["error_code"] = "INVALID_PARAMETER_VALUE", ["message"] = message },
            Code = "INVALID_PARAMETER_VALUE",
        };
    }

    private static HashSet<string> Names(string? list) =>
        [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Normal)];

    // A name and its aliases are one provider; a name that nobody knows stands for itself.
    private static string Normal(string name) => ProviderCatalog.Find(name)?.Name ?? name.ToLowerInvariant().Replace('_', '-');
}

using FunctionsGateway.Errors;

namespace FunctionsGateway.Routes.Validation;

/// <summary>Reads a route from a body, or from an entry of the configuration file, and names every fault at once, in MLflow's words where it has some.</summary>
internal sealed class RouteValidator(ModelReader models)
{
    private static readonly string[] TypeFields = ["route_type", "endpoint_type", "type"];

    /// <summary>What the fields ask for; null when something is wrong, and then the faults say what.</summary>
    /// <param name="body">The body or entry.</param>
    /// <param name="source">Who says it.</param>
    /// <param name="stored">The route that is replaced: its key is kept when none is given.</param>
    public RouteDraft? Read(Fields body, RouteSource source, GatewayRoute? stored = null)
    {
        var name = Name(body, source);
        var type = Type(body, source);
        var model = models.Read(body, type, source.IsFile, stored?.Targets[0]);
        var calls = LimitReader.Calls(body);
        var tokens = LimitReader.Tokens(body);
        var options = OptionReader.Read(body);
        return name is null || type is null || model is null
            ? null
            : new RouteDraft(name, type.Value, model.Provider, model.Name, model.Config) { Limits = calls, TokenLimits = tokens, Options = options, IsOperators = source.IsFile };
    }

    /// <summary>The refusal for <paramref name="faults"/>: MLflow's list, or 400 where a key is all that is missing.</summary>
    public static GatewayException Refusal(IReadOnlyList<Fault> faults) =>
        faults.All(fault => fault.Type is SecretRule.LiteralRefused or ModelReader.KeyRequired)
            ? new GatewayException(400, string.Join(" ", faults.Select(fault => fault.Message))) { Code = "INVALID_PARAMETER_VALUE", Param = faults[0].Path }
            : GatewayException.Invalid(faults);

    private static string? Name(Fields body, RouteSource source)
    {
        if (body.Text("name", isRequired: true) is not { } name)
        {
            return null;
        }

        if (RouteNames.Fault(name) is { } fault)
        {
            body.Fault("name", "value_error", fault);
        }
        else if (RouteNames.IsReserved(name) && !source.IsFile)
        {
            body.Fault("name", "value_error", $"The route name '{name}' is reserved, because the gateway's own paths use it.");
        }

        return name;
    }

    private static RouteType? Type(Fields body, RouteSource source)
    {
        var field = TypeFields.FirstOrDefault(field => body.Json[field] is not null) ?? source.TypeField;
        if (body.Text(field, isRequired: true) is not { } text)
        {
            return null;
        }

        var type = RouteTypes.Parse(text);
        if (type is null)
        {
            body.Fault(field, "value_error", $"The route_type '{text}' is not supported.");
        }

        return type;
    }
}

/// <summary>Who asks for a route.</summary>
/// <param name="IsFile">Whether it is the operator's file.</param>
/// <param name="TypeField">The name under which a missing type is missed.</param>
internal sealed record RouteSource(bool IsFile, string TypeField);

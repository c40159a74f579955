using FunctionsGateway.Routes.Validation;

namespace FunctionsGateway.Routes.Import;

/// <summary>Reads traffic routes (MLflow 3.6): an endpoint whose models are those of other endpoints of the file, by weight.</summary>
internal sealed class TrafficRouteReader(TimeProvider time)
{
    /// <summary>The route, or null when something is wrong.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="endpoints">What it may lead to.</param>
    public GatewayRoute? Read(Fields entry, IReadOnlyList<ConfigEntry> endpoints)
    {
        var name = entry.Text("name", isRequired: true);
        if (name is not null && RouteNames.Fault(name) is { } fault)
        {
            entry.Fault("name", "value_error", fault);
        }

        var task = entry.Text("task_type", isRequired: true);
        var type = RouteTypes.Parse(task);
        if (task is not null && type is null)
        {
            entry.Fault("task_type", "value_error", $"The route_type '{task}' is not supported.");
        }

        if (entry.Text("routing_strategy") is not (null or "TRAFFIC_SPLIT"))
        {
            entry.Fault("routing_strategy", "literal_error", "Input should be 'TRAFFIC_SPLIT'");
        }

        var targets = new List<Target>();
        var total = 0L;
        foreach (var destination in entry.List("destinations", isRequired: true) ?? [])
        {
            var percentage = destination.Integer("traffic_percentage", isRequired: true);
            if (percentage is < 0 or > 100)
            {
                destination.Fault("traffic_percentage", "value_error", "The route destination traffic percentage must between 0 and 100.");
            }

            total += Math.Clamp(percentage ?? 0, -1000, 1000);
            if (destination.Text("name", isRequired: true) is { } endpoint && Endpoint(destination, endpoint, name, type, endpoints) is { } found)
            {
                targets.Add(found.Targets[0] with { Id = $"m-{GatewayIds.New()}", Weight = percentage ?? 0, Destination = endpoint });
            }
        }

        var options = OptionReader.Read(entry);
        if (total != 100)
        {
            entry.Fault(
                "destinations",
                "value_error",
                $"For each route configuration, the traffic percentage sum of destinations must be 100, but got invalid configuration of route '{name}'.");
        }

        return name is null || type is null || targets.Count == 0 ? null : new GatewayRoute
        {
            Name = name,
            Id = $"e-{GatewayIds.New()}",
            Type = type,
            Targets = targets,
            IsSplit = true,
            IsTrafficRoute = true,
            Options = options,
            Created = time.GetUtcNow(),
            Updated = time.GetUtcNow(),
        };
    }

    private static GatewayRoute? Endpoint(Fields destination, string endpoint, string? route, RouteType? type, IReadOnlyList<ConfigEntry> endpoints)
    {
        var found = endpoints.FirstOrDefault(entry => entry.Route.Name == endpoint && !entry.Route.IsTrafficRoute)?.Route;
        if (found is null)
        {
            destination.Fault("name", "value_error", $"The route destination name must be a endpoint name, but the route '{route}' has an invalid destination name '{endpoint}'.");
        }
        else if (type is not null && found.Type != type)
        {
            destination.Fault(
                "name",
                "value_error",
                $"The route destination endpoint types in the route '{route}' must have endpoint type '{type.Value.ToWire()}' but got endpoint type '{found.Type!.Value.ToWire()}'.");
        }

        return found;
    }
}

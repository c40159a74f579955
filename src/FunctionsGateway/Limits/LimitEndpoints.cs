using FunctionsGateway.Errors;
using FunctionsGateway.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FunctionsGateway.Limits;

/// <summary>Finds a route by its name; null when there is none.</summary>
internal delegate ValueTask<GatewayRoute?> RouteLookup(string name, CancellationToken cancellation);

/// <summary>Replaces the limits of a route and returns the route as it then is; token limits stay when null. Null when there is no such route.</summary>
internal delegate Task<GatewayRoute?> LimitsWrite(string name, IReadOnlyList<Limit> limits, IReadOnlyList<TokenLimit>? tokenLimits, CancellationToken cancellation);

/// <summary>The management of limits over HTTP, as MLflow's clients send and read it (spec/mlflow-gen12.md §2.6, §2.7, §3.5).</summary>
internal static class LimitEndpoints
{
    /// <summary>Declares the endpoints.</summary>
    public static void MapLimits(this IEndpointRouteBuilder endpoints)
    {
        MapResource(endpoints, "/api/2.0/gateway/limits", "route", "Route");
        MapResource(endpoints, "/api/2.0/endpoints/limits", "endpoint", "Endpoint");
    }

    private static void MapResource(IEndpointRouteBuilder endpoints, string path, string noun, string name)
    {
        endpoints.MapPost(path + "/", async (HttpRequest request, LimitsWrite write, CancellationToken cancellation) =>
            {
                var asked = await LimitsBody.ReadAsync(request, cancellation);
                return Shown(await write(asked.Route, asked.Limits, asked.TokenLimits, cancellation), asked.Route, noun);
            })
            .WithName($"Set{name}Limits").WithSummary($"Replaces the limits of one of the {noun}s; an empty list removes them.")
            .RequireAuthorization("manage").Accepts<LimitsRequest>("application/json").Produces<LimitsView>().Produces(404).Produces(422);

        endpoints.MapGet(path + "/{name}", async (string name, RouteLookup find, CancellationToken cancellation) => Shown(await find(name, cancellation), name, noun))
            .WithName($"Get{name}Limits").WithSummary($"Shows the limits of one of the {noun}s.")
            .RequireAuthorization("invoke").Produces<LimitsView>().Produces(404);
    }

    private static JsonHttpResult<LimitsView> Shown(GatewayRoute? route, string name, string noun) => route is null
        ? throw new GatewayException(404, $"The {noun} '{name}' is not present or active on the server. Please verify the {noun} name.")
        : TypedResults.Json(LimitsView.Of(route), LimitJson.Default.LimitsView);
}

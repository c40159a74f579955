using FunctionsGateway.Access;
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
        MapResource(endpoints, "/api/2.0/gateway/limits", RouteWords.Route);
        MapResource(endpoints, "/api/2.0/endpoints/limits", RouteWords.Endpoint);
    }

    private static void MapResource(IEndpointRouteBuilder endpoints, string path, RouteWords words)
    {
        var (name, noun) = (words.Noun, words.Noun.ToLowerInvariant());
        endpoints.MapPost(path + "/", async (HttpRequest request, LimitsWrite write, CancellationToken cancellation) =>
            {
                var asked = await LimitsBody.ReadAsync(request, cancellation);
                return Shown(await write(asked.Route, asked.Limits, asked.TokenLimits, cancellation), asked.Route, words);
            })
            .WithName($"Set{name}Limits").WithSummary($"Replaces the limits of one of the {noun}s; an empty list removes them.")
            // As MLflow, another content type is a faulty body: 422, not 415.
            .WithTags("Limits").RequireAuthorization(Policies.Manage).Accepts<LimitsRequest>("application/json", "*/*").Produces<LimitsView>().Produces(404).Produces(422);

        endpoints.MapGet(path + "/{name}", async (string name, HttpContext call, RouteLookup find, CancellationToken cancellation) =>
                Shown(AccessGate.CallerOf(call).MaySee(name) ? await find(name, cancellation) : null, name, words))
            .WithName($"Get{name}Limits").WithSummary($"Shows the limits of one of the {noun}s.")
            .WithTags("Limits").RequireAuthorization(Policies.Invoke).Produces<LimitsView>().Produces(404);
    }

    private static JsonHttpResult<LimitsView> Shown(GatewayRoute? route, string name, RouteWords words) => route is null
        ? throw words.NotFound(name)
        : TypedResults.Json(LimitsView.Of(route), LimitJson.Default.LimitsView);
}

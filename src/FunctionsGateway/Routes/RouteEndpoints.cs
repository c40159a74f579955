using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FunctionsGateway.Routes;

/// <summary>The management of routes over HTTP, in the words of every generation (spec/mlflow-gen12.md §2 and §3, spec/decisions.md D8 to D10).</summary>
internal static class RouteEndpoints
{
    /// <summary>Declares the endpoints.</summary>
    public static void MapRoutes(this IEndpointRouteBuilder endpoints)
    {
        MapResource(endpoints, "/api/2.0/gateway/routes", RouteWords.Route, typeof(RouteView));
        MapResource(endpoints, "/api/2.0/endpoints", RouteWords.Endpoint, typeof(EndpointView));

        endpoints.MapGet("/gateway/routes", (HttpContext call, RouteBook book, CancellationToken cancellation) =>
                RouteList.WriteAsync(call, book, "routes", route => route.ToEarlyRouteView(), RouteJson.Wire.EarlyRouteView, isPaged: false, cancellation))
            .As("ListEarlyRoutes", "Lists all routes, as MLflow did before 2.5.", Policies.Invoke).Produces<EarlyRouteView[]>();
        endpoints.MapGet("/gateway/routes/{name}", async (string name, HttpContext call, RouteBook book, CancellationToken cancellation) =>
                TypedResults.Json(new EarlyRouteAnswer((await FindAsync(call, book, name, RouteWords.Route, cancellation)).ToEarlyRouteView()), RouteJson.Wire.EarlyRouteAnswer, Json))
            .As("GetEarlyRoute", "Shows a route, as MLflow did before 2.5.", Policies.Invoke).Produces<EarlyRouteAnswer>();
        endpoints.MapGet("/api/3.0/gateway/endpoint/{name}", async (string name, HttpContext call, RouteBook book, CancellationToken cancellation) =>
                Shown(call, await FindAsync(call, book, name, RouteWords.Endpoint, cancellation), RouteWords.Endpoint))
            .As("GetConfiguredEndpoint", "Shows an endpoint.", Policies.Invoke).Produces<EndpointView>();
        endpoints.MapGet("/api/3.0/gateway/route/{name}", async (string name, HttpContext call, RouteBook book, CancellationToken cancellation) =>
                TypedResults.Json((await FindAsync(call, book, name, RouteWords.Route, cancellation, isTrafficRoute: true)).ToTrafficRouteView(), RouteJson.Wire.TrafficRouteView, Json))
            .As("GetTrafficRoute", "Shows a traffic route.", Policies.Invoke).Produces<TrafficRouteView>();
    }

    private const string Json = "application/json";

    private static void MapResource(IEndpointRouteBuilder endpoints, string path, RouteWords words, Type shown)
    {
        var (noun, nouns) = (words.Noun, $"{words.Noun.ToLowerInvariant()}s");

        endpoints.MapGet(path + "/", (HttpContext call, RouteBook book, CancellationToken cancellation) => words == RouteWords.Route
                ? RouteList.WriteAsync(call, book, nouns, route => route.ToRouteView(), RouteJson.Wire.RouteView, isPaged: true, cancellation)
                : RouteList.WriteAsync(call, book, nouns, route => route.ToEndpointView(), RouteJson.Wire.EndpointView, isPaged: true, cancellation))
            .As($"List{noun}s", $"Lists {nouns}, 3,000 a page, from page_token on.", Policies.Invoke).Produces(200, shown.MakeArrayType(), Json);

        endpoints.MapPost(path + "/", async (HttpContext call, RouteEditor editor, CancellationToken cancellation) =>
                Shown(call, await editor.CreateAsync(await RequestBody.ReadAsync(call.Request, cancellation), words, cancellation), words))
            .As($"Create{noun}", $"Creates one of the {nouns}.", Policies.Manage).Produces(200, shown, Json);

        endpoints.MapGet(path + "/{name}", async (string name, HttpContext call, RouteBook book, CancellationToken cancellation) =>
                Shown(call, await FindAsync(call, book, name, words, cancellation), words))
            .As($"Get{noun}", $"Shows one of the {nouns}, with its ETag.", Policies.Invoke).Produces(200, shown, Json);

        endpoints.MapPut(path + "/{name}", async (string name, HttpContext call, RouteEditor editor, CancellationToken cancellation) =>
                Shown(call, await editor.ReplaceAsync(name, await RequestBody.ReadAsync(call.Request, cancellation), IfMatch(call), words, cancellation), words))
            .As($"Replace{noun}", $"Replaces one of the {nouns}; its key and its limits stay where none is given.", Policies.Manage).Produces(200, shown, Json);

        endpoints.MapPatch(path + "/{name}", async (string name, HttpContext call, RouteEditor editor, CancellationToken cancellation) =>
                Shown(call, await editor.MergeAsync(name, await RequestBody.ReadAsync(call.Request, cancellation), IfMatch(call), words, cancellation), words))
            .As($"Change{noun}", $"Merges the body into one of the {nouns} (RFC 7396).", Policies.Manage).Produces(200, shown, Json);

        endpoints.MapDelete(path + "/{name}", async (string name, HttpContext call, RouteEditor editor, CancellationToken cancellation) =>
            {
                await editor.RemoveAsync(name, IfMatch(call), words, cancellation);
                return TypedResults.Text("{}", Json);
            })
            .As($"Delete{noun}", $"Removes one of the {nouns}.", Policies.Manage).Produces(200);
    }

    private static RouteHandlerBuilder As(this RouteHandlerBuilder endpoint, string name, string summary, string policy) =>
        endpoint.WithName(name).WithSummary(summary).WithTags("Routes").RequireAuthorization(policy);

    private static IResult Shown(HttpContext call, GatewayRoute route, RouteWords words)
    {
        call.Response.Headers.ETag = route.ETag;
        if (OptionWarnings.Of(route.Options) is { } warning)
        {
            call.Response.Headers[OptionWarnings.Header] = warning;
        }

        return words == RouteWords.Route
            ? TypedResults.Json(route.ToRouteView(), RouteJson.Wire.RouteView, Json)
            : TypedResults.Json(route.ToEndpointView(), RouteJson.Wire.EndpointView, Json);
    }

    private static async Task<GatewayRoute> FindAsync(
        HttpContext call, RouteBook book, string name, RouteWords words, CancellationToken cancellation, bool isTrafficRoute = false) =>
        await book.FindAsync(name, cancellation) is { } route && route.IsTrafficRoute == isTrafficRoute && AccessGate.CallerOf(call).MaySee(route)
            ? route
            : throw words.NotFound(name);

    private static string? IfMatch(HttpContext call) => call.Request.Headers.IfMatch.ToString() is { Length: > 0 } tags ? tags : null;
}

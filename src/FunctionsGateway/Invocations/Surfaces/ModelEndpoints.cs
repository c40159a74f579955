using System.Globalization;
using System.Text.Json.Nodes;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Invocations.Surfaces;

/// <summary>The lists of routes as the providers' clients ask for models.</summary>
internal static class ModelEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapModels(this IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.ServiceProvider.GetRequiredService<RouteBook>();
        foreach (var path in (string[])["/v1", "/openai/v1", "/gateway/mlflow/v1", "/gateway/openai/v1"])
        {
            Map(endpoints, routes, path, OpenAI, list => new JsonObject { ["object"] = "list", ["data"] = list });
        }

        Map(endpoints, routes, "/mistral/v1", Mistral, list => new JsonObject { ["object"] = "list", ["data"] = list });

        foreach (var path in (string[])["/anthropic/v1", "/gateway/anthropic/v1"])
        {
            Map(endpoints, routes, path, Anthropic, list => new JsonObject
            {
                ["first_id"] = list.FirstOrDefault()?["id"]?.DeepClone(),
                ["has_more"] = false,
                ["last_id"] = list.LastOrDefault()?["id"]?.DeepClone(),
                ["data"] = list,
            });
        }

        foreach (var path in (string[])["/gemini/v1beta", "/gateway/gemini/v1beta"])
        {
            Map(endpoints, routes, path, Gemini, list => new JsonObject { ["models"] = list });
        }
    }

    private static void Map(IEndpointRouteBuilder endpoints, RouteBook routes, string path, Func<GatewayRoute, JsonObject> show, Func<JsonArray, JsonObject> wrap)
    {
        var group = endpoints.MapGroup(path + "/models").RequireAuthorization(Policies.Invoke).WithTags("Models");
        var name = path.Replace("/", "", StringComparison.Ordinal);

        group.MapGet("", async (HttpContext context) =>
        {
            var snapshot = await routes.SnapshotAsync(context.RequestAborted);
            await context.Response.WriteJsonAsync(wrap([.. snapshot.InOrder.Where(route => AccessGate.CallerOf(context).MaySee(route)).Select(show)]));
        }).WithName("listModels-" + name).WithSummary("Lists the routes as models.");

        group.MapGet("/{model}", async (HttpContext context, string model) =>
        {
            var route = await routes.FindAsync(model, context.RequestAborted);
            await context.Response.WriteJsonAsync(route is not null && AccessGate.CallerOf(context).MaySee(route)
                ? show(route)
                : throw new GatewayException(404, $"The model '{model}' does not exist: no route has this name.") { Code = "model_not_found", Param = "model" });
        }).WithName("getModel-" + name).WithSummary("Gets a route as a model.");
    }

    private static JsonObject OpenAI(GatewayRoute route) => new()
    {
        ["id"] = route.Name,
        ["object"] = "model",
        ["created"] = route.Created.ToUnixTimeSeconds(),
        ["owned_by"] = route.Targets is [var first, ..] ? first.Provider : "",
    };

    // Mistral's own clients drop an entry without its kind and what it can do.
    private static JsonObject Mistral(GatewayRoute route)
    {
        var model = OpenAI(route);
        model["type"] = "base";
        model["capabilities"] = new JsonObject { ["completion_chat"] = route.Type is null or RouteType.Chat };
        return model;
    }

    private static JsonObject Anthropic(GatewayRoute route) => new()
    {
        ["type"] = "model",
        ["id"] = route.Name,
        ["display_name"] = route.Name,
        ["created_at"] = route.Created.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static JsonObject Gemini(GatewayRoute route) => new()
    {
        ["name"] = "models/" + route.Name,
        ["displayName"] = route.Name,
        ["supportedGenerationMethods"] = new JsonArray("generateContent", "streamGenerateContent", "embedContent", "countTokens"),
    };
}

using System.Text.Json.Nodes;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Invocations;

/// <summary>The paths that invoke routes.</summary>
internal static class InvocationEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapInvocations(this IEndpointRouteBuilder endpoints)
    {
        var invoker = endpoints.ServiceProvider.GetRequiredService<Invoker>();
        var group = endpoints.MapGroup("").RequireAuthorization(Policies.Invoke).WithTags("Invocations");

        void Map(string pattern, Surface surface, string name, string summary) =>
            group.MapPost(pattern, (RequestDelegate)(context => invoker.InvokeAsync(context, surface, (string?)context.Request.RouteValues["name"])))
                .WithName(name).WithSummary(summary);

        Map("/gateway/{name}/invocations", Surface.GatewayInvocations, "invokeRoute", "Invokes a route with a chat, completions or embeddings request.");
        Map("/endpoints/{name}/invocations", Surface.EndpointInvocations, "invokeEndpoint", "Invokes an endpoint with a chat, completions or embeddings request.");
        Map("/gateway/routes/{name}", Surface.FirstRoutes, "queryRoute", "Invokes a route as the first MLflow Gateway did; answers candidates.");
        Map("/v1/chat/completions", Surface.OpenAIChat, "openaiChat", "Chat completions as OpenAI's API has them; 'model' names the route.");
        Map("/v1/completions", Surface.OpenAICompletions, "openaiCompletions", "Text completions as OpenAI's API has them; 'model' names the route.");
        Map("/v1/embeddings", Surface.OpenAIEmbeddings, "openaiEmbeddings", "Embeddings as OpenAI's API has them; 'model' names the route.");
    }

    /// <summary>Maps the list of routes as OpenAI's clients ask for it.</summary>
    public static void MapModels(this IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.ServiceProvider.GetRequiredService<RouteBook>();
        var group = endpoints.MapGroup("/v1/models").RequireAuthorization(Policies.Invoke).WithTags("Models");

        group.MapGet("", async (HttpContext context) =>
        {
            var snapshot = await routes.SnapshotAsync(context.RequestAborted);
            var allowed = AccessGate.CallerOf(context).Routes;
            await context.Response.WriteJsonAsync(new JsonObject
            {
                ["object"] = "list",
                ["data"] = new JsonArray([.. snapshot.InOrder.Where(route => allowed?.Contains(route.Name) != false).Select(Model)]),
            });
        }).WithName("listModels").WithSummary("Lists the routes as models.");

        group.MapGet("/{model}", async (HttpContext context, string model) =>
        {
            var route = await routes.FindAsync(model, context.RequestAborted);
            await context.Response.WriteJsonAsync(route is not null && AccessGate.CallerOf(context).Routes?.Contains(model) != false
                ? Model(route)
                : throw new GatewayException(404, $"The model '{model}' does not exist: no route has this name.") { Code = "model_not_found", Param = "model" });
        }).WithName("getModel").WithSummary("Gets a route as a model.");
    }

    /// <summary>Adds the room.</summary>
    public static IServiceCollection AddInvocations(this IServiceCollection services) => services.AddSingleton<Invoker>();

    private static JsonObject Model(GatewayRoute route) => new()
    {
        ["id"] = route.Name,
        ["object"] = "model",
        ["created"] = route.Created.ToUnixTimeSeconds(),
        ["owned_by"] = route.Targets[0].Provider,
    };
}

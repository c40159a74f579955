using FunctionsGateway.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Invocations.Surfaces;

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

    /// <summary>Maps the third generation's, and those that the providers' own clients take.</summary>
    public static void MapThirdGeneration(this IEndpointRouteBuilder endpoints)
    {
        var invoker = endpoints.ServiceProvider.GetRequiredService<Invoker>();
        var group = endpoints.MapGroup("").RequireAuthorization(Policies.Invoke).WithTags("Invocations");

        void Map(string pattern, Surface surface, string name, string summary) =>
            group.MapPost(pattern, (RequestDelegate)(context => invoker.InvokeAsync(context, surface, (string?)context.Request.RouteValues["name"])))
                .WithName(name).WithSummary(summary);

        Map("/gateway/{name}/mlflow/invocations", Surface.MlflowInvocations, "invokeNamedEndpoint", "Invokes an endpoint with a chat or embeddings request.");
        (string Path, Surface Surface, string Name)[] unified =
        [
            ("chat/completions", Surface.OpenAIChat, "Chat"), ("completions", Surface.OpenAICompletions, "Completions"), ("embeddings", Surface.OpenAIEmbeddings, "Embeddings"),
        ];
        foreach (var (path, surface, name) in unified)
        {
            Map($"/gateway/mlflow/v1/{path}", surface.OfThirdGeneration(), "mlflow" + name, $"{name} of any provider; 'model' names the endpoint.");
            Map($"/openai/v1/{path}", surface, "openaiBase" + name, $"{name} of any provider, under the base address of Azure OpenAI's newer API.");
            Map($"/openai/deployments/{{name}}/{path}", surface.OfDeployments(), "deployment" + name, $"{name} of any provider, as Azure OpenAI's clients ask; the deployment names the route.");
        }

        Map("/gateway/proxy/{name}/{*path:minlength(1)}", Surface.Proxy, "proxy", "Forwards a call to any path of the endpoint's provider, where the endpoint allows it.");
        // No provider is asked for legacy completions byte for byte; they are served as everywhere.
        Map("/gateway/openai/v1/completions", Surface.OpenAICompletions.OfThirdGeneration(), "gatewayOpenaiCompletions", "Completions of any provider; 'model' names the endpoint.");
        foreach (var native in NativeSurfaces.All)
        {
            for (var i = 0; i < native.Paths.Length; i++)
            {
                Map(native.Paths[i], native.Surface, $"native{native.Api}{(native.Surface.Streams == true ? "Stream" : "")}{(i == 0 ? "" : i + 1)}", native.Summary);
            }
        }
    }

    /// <summary>Adds the room.</summary>
    public static IServiceCollection AddInvocations(this IServiceCollection services) => services.AddSingleton<CallPlan>().AddSingleton<Outbound>().AddSingleton<MendingClient>().AddSingleton<Invoker>();
}

using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Import;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Docs;

/// <summary>Whether the gateway can serve.</summary>
internal static class HealthEndpoint
{
    /// <summary>Maps <c>/health</c> (storage reachable) and <c>/health/live</c> (the process answers).</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.ServiceProvider.GetRequiredService<RouteBook>();
        var import = endpoints.ServiceProvider.GetRequiredService<ConfigImport>();
        var group = endpoints.MapGroup("/health").AllowAnonymous().WithTags("Health");

        group.MapGet("", async (HttpContext context) =>
        {
            var health = await routes.CheckAsync(context.RequestAborted);
            var answer = new JsonObject { ["status"] = health.Reason is null ? "OK" : "UNAVAILABLE" };
            if (health.Reason is not null)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                answer["detail"] = health.Reason;
                answer["routes_age_seconds"] = health.Age is { } age ? Math.Round(age.TotalSeconds, 1) : null;
            }

            if (import.Trouble is { } trouble)
            {
                answer["config"] = trouble;
            }
            else if (import.IsPending)
            {
                answer["config_pending"] = true;
            }

            await context.Response.WriteJsonAsync(answer);
        }).WithName("health").WithSummary("Says whether storage is reachable.");

        group.MapGet("/live", (HttpContext context) => context.Response.WriteJsonAsync(new JsonObject { ["status"] = "OK" }))
            .WithName("live").WithSummary("Says that the process answers.");
    }
}

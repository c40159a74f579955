using FunctionsGateway.Access;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Docs;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations;
using FunctionsGateway.Limits;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Management;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway;

/// <summary>The gateway as one request delegate: errors, who calls, which endpoint, may they, the endpoint.</summary>
/// <remarks>It runs nested inside a Function (or LocalHost), over the <see cref="HttpContext"/> that the function receives (spec/azure.md §1.6).</remarks>
public sealed class GatewayApp
{
    private readonly RequestDelegate _pipeline;

    /// <summary>Builds the pipeline once, from the app's root services.</summary>
    /// <param name="services">The services to which <see cref="GatewayServices.AddFunctionsGateway"/> was applied.</param>
    public GatewayApp(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        var errors = services.GetRequiredService<ErrorBoundary>();
        var access = services.GetRequiredService<AccessGate>();
        var time = services.GetRequiredService<TimeProvider>();
        var app = new ApplicationBuilder(services);
        app.Use(next => context =>
        {
            CallHeaders.Announce(context, time);
            return next(context);
        });
        app.Use(next => context => errors.InvokeAsync(context, next));
        app.Use(next => context =>
        {
            var authenticating = access.AuthenticateAsync(context);
            return authenticating.IsCompletedSuccessfully ? next(context) : ContinueAsync(authenticating, context, next);
        });
        app.UseRouting();
        app.Use(next => context =>
        {
            access.Authorize(context);
            return next(context);
        });
        app.UseEndpoints(Map);
        app.Run(static _ => throw new GatewayException(404, "Not Found"));
        _pipeline = app.Build();
    }

    /// <summary>Answers one request; nothing may be written to it afterwards.</summary>
    /// <param name="context">The request as the function received it.</param>
    public Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // The function's own endpoint led here; with it in place the nested routing would match nothing and run it again.
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        return _pipeline(context);
    }

    private static async Task ContinueAsync(ValueTask authenticating, HttpContext context, RequestDelegate next)
    {
        await authenticating;
        await next(context);
    }

    private static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapRoutes();
        endpoints.MapLimits();
        endpoints.MapKeys();
        endpoints.MapManagement();
        endpoints.MapUnserved();
        endpoints.MapInvocations();
        endpoints.MapThirdGeneration();
        endpoints.MapModels();
        endpoints.MapHealth();
        endpoints.MapDocs();
    }
}

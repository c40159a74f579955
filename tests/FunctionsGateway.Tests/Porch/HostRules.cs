using FunctionsGateway.LocalHost;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Porch;

/// <summary>The two ways in which a function is chosen, each as the platform does it.</summary>
internal static class HostRules
{
    private static readonly ServiceProvider Services = new ServiceCollection()
        .AddLogging().AddSingleton<System.Diagnostics.DiagnosticListener>(new System.Diagnostics.DiagnosticListener("test")).AddRouting().BuildServiceProvider();

    public static HostRouter LocalHost(IEnumerable<HttpFunction> functions) =>
        new(functions, "", Services.GetRequiredService<IInlineConstraintResolver>());

    /// <summary>The Functions host: a classic <see cref="Route"/> for each function in name order, the verb being a constraint of it.</summary>
    public static Func<string, string, Task<string?>> Host(IEnumerable<HttpFunction> functions)
    {
        var routes = new RouteCollection();
        foreach (var function in functions.OrderBy(f => f.Name, StringComparer.OrdinalIgnoreCase))
        {
            var constraints = new Dictionary<string, object>();
            if (function.Verbs is { } verbs)
            {
                constraints["httpMethod"] = new Microsoft.AspNetCore.Routing.Constraints.HttpMethodRouteConstraint([.. verbs]);
            }

            routes.Add(new Route(
                new RouteHandler(context => Choose(context, function.Name)), function.Name, function.Route, [], constraints, [],
                Services.GetRequiredService<IInlineConstraintResolver>()));
        }

        return async (verb, path) =>
        {
            var context = new RouteContext(Request(verb, path));
            await routes.RouteAsync(context);
            if (context.Handler is null)
            {
                return null;
            }

            await context.Handler(context.HttpContext);
            return (string?)context.HttpContext.Items["chosen"];
        };
    }

    /// <summary>ASP.NET Core's precedence, by which the worker and the gateway's own pipeline choose.</summary>
    public static Func<string, string, Task<string?>> AspNet(IEnumerable<HttpFunction> functions)
    {
        var app = new ApplicationBuilder(Services);
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            foreach (var function in functions)
            {
                var endpoint = endpoints.Map(RoutePatternFactory.Parse(function.Route), context => Choose(context, function.Name));
                if (function.Verbs is { } verbs)
                {
                    endpoint.WithMetadata(new HttpMethodMetadata(verbs.Select(v => v.ToUpperInvariant())));
                }
            }
        });
        var run = app.Build();
        return async (verb, path) =>
        {
            var context = Request(verb, path);
            await run(context);
            return (string?)context.Items["chosen"];
        };
    }

    private static Task Choose(HttpContext context, string name)
    {
        context.Items["chosen"] = name;
        return Task.CompletedTask;
    }

    private static DefaultHttpContext Request(string verb, string path) =>
        new() { RequestServices = Services, Request = { Method = verb, Path = new PathString(path) } };
}

using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.LocalHost;

/// <summary>A method that the host would run for an HTTP request.</summary>
/// <param name="Name">The name in the portal, by whose order the host chooses.</param>
/// <param name="Route">The template without the prefix of host.json.</param>
/// <param name="Verbs">The verbs, or null for every one.</param>
/// <param name="Level">Who may call it, as far as the host is concerned.</param>
/// <param name="Method">The method itself.</param>
internal sealed record HttpFunction(string Name, string Route, IReadOnlyList<string>? Verbs, AuthorizationLevel Level, MethodInfo Method)
{
    /// <summary>Every function of <paramref name="assembly"/>, in the host's order.</summary>
    public static IReadOnlyList<HttpFunction> FindAll(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(type => type.GetMethods()).Select(Read).OfType<HttpFunction>().InHostOrder()];

    /// <summary>A delegate that runs the method on one instance of its class, made now: the functions keep no state.</summary>
    /// <exception cref="InvalidOperationException">The method is not of the only form that LocalHost runs.</exception>
    public Func<HttpRequest, Task> Bind(IServiceProvider services)
    {
        if (Method.ReturnType != typeof(Task) || Method.GetParameters() is not [{ } only] || only.ParameterType != typeof(HttpRequest))
        {
            throw new InvalidOperationException($"Function '{Name}' must take one HttpRequest and return a Task to run under LocalHost.");
        }

        var target = Method.IsStatic ? null : ActivatorUtilities.CreateInstance(services, Method.DeclaringType!);
        return Method.CreateDelegate<Func<HttpRequest, Task>>(target);
    }

    private static HttpFunction? Read(MethodInfo method)
    {
        var trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null);
        return method.GetCustomAttribute<FunctionAttribute>() is { } function && trigger is not null
            ? new HttpFunction(function.Name, trigger.Route ?? function.Name, trigger.Methods is { Length: > 0 } verbs ? verbs : null, trigger.AuthLevel, method)
            : null;
    }
}

/// <summary>The host's order of functions.</summary>
internal static class HttpFunctionOrder
{
    /// <summary>By name, ignoring case, as the Functions host sorts them before it builds its routes.</summary>
    public static IEnumerable<HttpFunction> InHostOrder(this IEnumerable<HttpFunction> functions) =>
        functions.OrderBy(f => f.Name, StringComparer.OrdinalIgnoreCase);
}

using FunctionsGateway.Access;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations;

/// <summary>What makes calls of one kind stick to one target (spec/decisions.md §5).</summary>
internal static class StickyKey
{
    /// <summary>The key of the request in <paramref name="context"/>; null when the route asks for none, or the request brings none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="rule">A header's name, or <c>caller</c>.</param>
    public static string? Of(HttpContext context, string? rule) => rule switch
    {
        null or "" => null,
        "caller" => AccessGate.CallerOf(context).Id,
        _ => context.Request.Headers[rule].ToString() is { Length: > 0 } key ? key : null,
    };
}

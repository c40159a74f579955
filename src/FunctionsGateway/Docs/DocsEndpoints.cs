using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FunctionsGateway.Docs;

/// <summary>The pages that a person meets first.</summary>
internal static class DocsEndpoints
{
    private static readonly Lazy<byte[]> Page = new(() =>
    {
        using var page = typeof(DocsEndpoints).Assembly.GetManifestResourceStream("FunctionsGateway.Docs.docs.html")!;
        using var bytes = new MemoryStream();
        page.CopyTo(bytes);
        return bytes.ToArray();
    });

    /// <summary>Maps <c>/</c>, <c>/docs</c> and <c>/favicon.ico</c>.</summary>
    public static void MapDocs(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("").AllowAnonymous().WithTags("Docs");

        group.MapGet("/", (HttpContext context) =>
        {
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = "/docs";
            return Task.CompletedTask;
        }).WithName("index").WithSummary("Redirects to the documentation.");

        group.MapGet("/docs", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.ContentLength = Page.Value.Length;
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
            await context.Response.BodyWriter.WriteAsync(Page.Value, context.RequestAborted);
        }).WithName("docs").WithSummary("The documentation page.");

        group.MapGet("/favicon.ico", (RequestDelegate)(static _ => throw new GatewayException(404, "favicon.ico not found")))
            .WithName("favicon").WithSummary("There is no icon.");
    }
}

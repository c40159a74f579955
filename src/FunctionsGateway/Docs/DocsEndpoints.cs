using FunctionsGateway.Docs.OpenApi;
using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FunctionsGateway.Docs;

/// <summary>The pages that a person meets first.</summary>
internal static class DocsEndpoints
{
    /// <summary>Maps <c>/</c>, <c>/docs</c> with its files, <c>/openapi.json</c> and <c>/favicon.ico</c>.</summary>
    public static void MapDocs(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("").AllowAnonymous().WithTags("Docs").ExcludeFromDescription();

        group.MapGet("/", (HttpContext context) =>
        {
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = "/docs";
            return Task.CompletedTask;
        }).WithName("index").WithSummary("Redirects to the documentation.");

        group.MapGet("/docs/{file?}", (HttpContext context, string? file) =>
                (PageFile.Find(file ?? "index.html") ?? throw new GatewayException(404, $"{file} not found")).WriteAsync(context))
            .WithName("docs").WithSummary("The page to read and try the API.");

        var description = new Lazy<byte[]>(() => ApiDescription.Of(endpoints.DataSources.SelectMany(source => source.Endpoints)).ToUtf8());
        group.MapGet("/openapi.json", async (HttpContext context) =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = description.Value.Length;
            await context.Response.BodyWriter.WriteAsync(description.Value, context.RequestAborted);
        }).WithName("openapi").WithSummary("The description of the API.");

        group.MapGet("/favicon.ico", (RequestDelegate)(static _ => throw new GatewayException(404, "favicon.ico not found")))
            .WithName("favicon").WithSummary("There is no icon.");
    }
}

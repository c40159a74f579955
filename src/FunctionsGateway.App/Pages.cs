using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using static Microsoft.Azure.Functions.Worker.AuthorizationLevel;

namespace FunctionsGateway.App;

/// <summary>What a browser, a probe and a lost caller meet.</summary>
/// <param name="app">The gateway.</param>
public sealed class Pages(GatewayApp app)
{
    /// <summary>Whether the gateway can serve; <c>/health/live</c>: whether it runs at all.</summary>
    [Function("Health")]
    public Task Health(
        [HttpTrigger(Anonymous, "get", Route = "health/{probe?}")] HttpRequest request) => Answer(request);

    /// <summary>The page to read and try the API.</summary>
    [Function("Page_Docs")]
    public Task Docs(
        [HttpTrigger(Anonymous, "get", Route = "docs/{*file}")] HttpRequest request) => Answer(request);

    /// <summary>The page's icon.</summary>
    [Function("Page_Icon")]
    public Task Icon(
        [HttpTrigger(Anonymous, "get", Route = "favicon.ico")] HttpRequest request) => Answer(request);

    /// <summary>The API's description.</summary>
    [Function("Page_OpenApi")]
    public Task OpenApi(
        [HttpTrigger(Anonymous, "get", Route = "openapi.json")] HttpRequest request) => Answer(request);

    /// <summary>Everything else: the root, 404, 405, HEAD and OPTIONS. The host asks the last function by name last.</summary>
    [Function("Zz_Unmatched")]
    public Task Unmatched(
        [HttpTrigger(Anonymous, Route = "{*path}")] HttpRequest request) => Answer(request);

    private Task Answer(HttpRequest request) => app.InvokeAsync(request.HttpContext);
}

using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using static Microsoft.Azure.Functions.Worker.AuthorizationLevel;

namespace FunctionsGateway.App;

/// <summary>What is offered, and to whom: one function for each kind of resource, whichever generation's words name it.</summary>
/// <param name="app">The gateway.</param>
public sealed class Management(GatewayApp app)
{
    private const string Mlflow = "{api:regex(^(ajax-)?api$)}/{version:regex(^(2|3)\\.0$)}/mlflow/gateway";

    /// <summary>Routes, as MLflow's first gateway listed them.</summary>
    [Function("Gateway_Routes")]
    public Task FirstRoutes(
        [HttpTrigger(Anonymous, "get", Route = "gateway/routes/{name?}")] HttpRequest request) => Answer(request);

    /// <summary>Budgets.</summary>
    [Function("Manage_Budgets")]
    public Task Budgets(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = Mlflow + "/budgets/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Providers, their models and their settings.</summary>
    [Function("Manage_Discovery")]
    public Task Discovery(
        [HttpTrigger(Anonymous, "get", Route = Mlflow + "/{what:regex(^(supported|provider)-)}")] HttpRequest request) => Answer(request);

    /// <summary>Limits, in the words of MLflow 2.9 and later.</summary>
    [Function("Manage_EndpointLimits")]
    public Task EndpointLimits(
        [HttpTrigger(Anonymous, "get", "post", Route = "api/2.0/endpoints/limits/{name?}")] HttpRequest request) => Answer(request);

    /// <summary>Routes, in the words of MLflow 2.9 and later.</summary>
    [Function("Manage_Endpoints")]
    public Task Endpoints(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = "api/2.0/endpoints/{*name}")] HttpRequest request) => Answer(request);

    /// <summary>Guardrails.</summary>
    [Function("Manage_Guardrails")]
    public Task Guardrails(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = Mlflow + "/guardrails/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>The gateway's keys.</summary>
    [Function("Manage_Keys")]
    public Task Keys(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = "api/2.0/gateway/keys/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>The bridge of MLflow's user interface to an older gateway.</summary>
    [Function("Manage_LegacyProxy")]
    public Task LegacyProxy(
        [HttpTrigger(Anonymous, "get", "post", Route = Mlflow + "-proxy")] HttpRequest request) => Answer(request);

    /// <summary>Limits.</summary>
    [Function("Manage_Limits")]
    public Task Limits(
        [HttpTrigger(Anonymous, "get", "post", Route = "api/2.0/gateway/limits/{name?}")] HttpRequest request) => Answer(request);

    /// <summary>MLflow 3's endpoints, their models, tags and bindings.</summary>
    [Function("Manage_MlflowEndpoints")]
    public Task MlflowEndpoints(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = Mlflow + "/endpoints/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Model definitions.</summary>
    [Function("Manage_ModelDefinitions")]
    public Task ModelDefinitions(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = Mlflow + "/model-definitions/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Routes.</summary>
    [Function("Manage_Routes")]
    public Task Routes(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = "api/2.0/gateway/routes/{*name}")] HttpRequest request) => Answer(request);

    /// <summary>Providers' keys.</summary>
    [Function("Manage_Secrets")]
    public Task Secrets(
        [HttpTrigger(Anonymous, "get", "post", "put", "patch", "delete",
            Route = Mlflow + "/secrets/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Grants to users, of which the gateway has none.</summary>
    [Function("Manage_UserPermissions")]
    public Task UserPermissions(
        [HttpTrigger(Anonymous, "get", "post", "patch", "delete",
            Route = "{api:regex(^(ajax-)?api$)}/{version:regex(^(2|3)\\.0$)}/mlflow/users/permissions/{operation}")] HttpRequest request) => Answer(request);

    /// <summary>One endpoint or traffic route of the configuration file.</summary>
    [Function("Manage_TrafficRoutes")]
    public Task TrafficRoutes(
        [HttpTrigger(Anonymous, "get", Route = "api/3.0/gateway/{kind:regex(^(endpoint|route)$)}/{name}")] HttpRequest request) =>
        Answer(request);

    private Task Answer(HttpRequest request) => app.InvokeAsync(request.HttpContext);
}

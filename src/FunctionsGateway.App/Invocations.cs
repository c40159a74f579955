using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using static Microsoft.Azure.Functions.Worker.AuthorizationLevel;

namespace FunctionsGateway.App;

/// <summary>Calls that every provider serves, in the gateway's own schemas.</summary>
/// <param name="app">The gateway.</param>
public sealed class Invocations(GatewayApp app)
{
    /// <summary>Chat, as Azure OpenAI's SDKs ask for it.</summary>
    [Function("Azure_Chat")]
    public Task AzureChat(
        [HttpTrigger(Anonymous, "post", Route = "openai/deployments/{name}/chat/completions")] HttpRequest request) => Answer(request);

    /// <summary>Completions, as Azure OpenAI's SDKs ask for them.</summary>
    [Function("Azure_Completions")]
    public Task AzureCompletions(
        [HttpTrigger(Anonymous, "post", Route = "openai/deployments/{name}/completions")] HttpRequest request) => Answer(request);

    /// <summary>Embeddings, as Azure OpenAI's SDKs ask for them.</summary>
    [Function("Azure_Embeddings")]
    public Task AzureEmbeddings(
        [HttpTrigger(Anonymous, "post", Route = "openai/deployments/{name}/embeddings")] HttpRequest request) => Answer(request);

    /// <summary>Chat with the endpoint that the body's <c>model</c> names.</summary>
    [Function("Gateway_Mlflow_Chat")]
    public Task MlflowChat(
        [HttpTrigger(Anonymous, "post", Route = "gateway/mlflow/v1/chat/completions")] HttpRequest request) => Answer(request);

    /// <summary>Completions of the endpoint that the body's <c>model</c> names.</summary>
    [Function("Gateway_Mlflow_Completions")]
    public Task MlflowCompletions(
        [HttpTrigger(Anonymous, "post", Route = "gateway/mlflow/v1/completions")] HttpRequest request) => Answer(request);

    /// <summary>Embeddings of the endpoint that the body's <c>model</c> names.</summary>
    [Function("Gateway_Mlflow_Embeddings")]
    public Task MlflowEmbeddings(
        [HttpTrigger(Anonymous, "post", Route = "gateway/mlflow/v1/embeddings")] HttpRequest request) => Answer(request);

    /// <summary>The endpoints, as OpenAI lists models.</summary>
    [Function("Gateway_Mlflow_Models")]
    public Task MlflowModels(
        [HttpTrigger(Anonymous, "get", Route = "gateway/mlflow/v1/models/{model?}")] HttpRequest request) => Answer(request);

    /// <summary>A call of MLflow's first gateway, before 2.5.</summary>
    [Function("Gateway_Routes_Query")]
    public Task QueryRoute(
        [HttpTrigger(Anonymous, "post", Route = "gateway/routes/{name}")] HttpRequest request) => Answer(request);

    /// <summary>A call of MLflow 2.9 and later.</summary>
    [Function("Invoke_Endpoint")]
    public Task InvokeEndpoint(
        [HttpTrigger(Anonymous, "post", Route = "endpoints/{name}/invocations")] HttpRequest request) => Answer(request);

    /// <summary>A call of MLflow 3's named endpoints.</summary>
    [Function("Invoke_Mlflow")]
    public Task InvokeMlflow(
        [HttpTrigger(Anonymous, "post", Route = "gateway/{name}/mlflow/invocations")] HttpRequest request) => Answer(request);

    /// <summary>A call of MLflow 2.5 and later.</summary>
    [Function("Invoke_Route")]
    public Task InvokeRoute(
        [HttpTrigger(Anonymous, "post", Route = "gateway/{name}/invocations")] HttpRequest request) => Answer(request);

    /// <summary>Chat, as OpenAI's SDKs ask for it.</summary>
    [Function("V1_Chat")]
    public Task Chat(
        [HttpTrigger(Anonymous, "post", Route = "v1/chat/completions")] HttpRequest request) => Answer(request);

    /// <summary>Completions, as OpenAI's SDKs ask for them.</summary>
    [Function("V1_Completions")]
    public Task Completions(
        [HttpTrigger(Anonymous, "post", Route = "v1/completions")] HttpRequest request) => Answer(request);

    /// <summary>Embeddings, as OpenAI's SDKs ask for them.</summary>
    [Function("V1_Embeddings")]
    public Task Embeddings(
        [HttpTrigger(Anonymous, "post", Route = "v1/embeddings")] HttpRequest request) => Answer(request);

    /// <summary>The routes, as OpenAI lists models.</summary>
    [Function("V1_Models")]
    public Task Models(
        [HttpTrigger(Anonymous, "get", Route = "v1/models/{model?}")] HttpRequest request) => Answer(request);

    private Task Answer(HttpRequest request) => app.InvokeAsync(request.HttpContext);
}

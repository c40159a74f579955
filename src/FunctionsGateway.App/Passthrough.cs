using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using static Microsoft.Azure.Functions.Worker.AuthorizationLevel;

namespace FunctionsGateway.App;

/// <summary>Calls in a provider's own API below <c>/gateway</c>, forwarded as they are.</summary>
/// <param name="app">The gateway.</param>
public sealed class Passthrough(GatewayApp app)
{
    /// <summary>Anthropic's messages.</summary>
    [Function("Gateway_Anthropic_Messages")]
    public Task AnthropicMessages(
        [HttpTrigger(Anonymous, "post", Route = "gateway/anthropic/v1/messages")] HttpRequest request) => Answer(request);

    /// <summary>Anthropic's token counts and models.</summary>
    [Function("Gateway_Anthropic_Various")]
    public Task AnthropicVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "gateway/anthropic/v1/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Gemini's answers.</summary>
    [Function("Gateway_Gemini_GenerateContent")]
    public Task GeminiGenerate(
        [HttpTrigger(Anonymous, "post", Route = "gateway/gemini/v1beta/models/{name}:generateContent")] HttpRequest request) =>
        Answer(request);

    /// <summary>Gemini's streams.</summary>
    [Function("Gateway_Gemini_StreamGenerateContent")]
    public Task GeminiStream(
        [HttpTrigger(Anonymous, "post", Route = "gateway/gemini/v1beta/models/{name}:streamGenerateContent")] HttpRequest request) =>
        Answer(request);

    /// <summary>Gemini's embeddings, token counts and models.</summary>
    [Function("Gateway_Gemini_Various")]
    public Task GeminiVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "gateway/gemini/v1beta/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>OpenAI's chat.</summary>
    [Function("Gateway_OpenAI_Chat")]
    public Task OpenAIChat(
        [HttpTrigger(Anonymous, "post", Route = "gateway/openai/v1/chat/completions")] HttpRequest request) => Answer(request);

    /// <summary>OpenAI's embeddings.</summary>
    [Function("Gateway_OpenAI_Embeddings")]
    public Task OpenAIEmbeddings(
        [HttpTrigger(Anonymous, "post", Route = "gateway/openai/v1/embeddings")] HttpRequest request) => Answer(request);

    /// <summary>OpenAI's responses.</summary>
    [Function("Gateway_OpenAI_Responses")]
    public Task OpenAIResponses(
        [HttpTrigger(Anonymous, "post", Route = "gateway/openai/v1/responses")] HttpRequest request) => Answer(request);

    /// <summary>OpenAI's completions, compaction and models.</summary>
    [Function("Gateway_OpenAI_Various")]
    public Task OpenAIVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "gateway/openai/v1/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Any path below an endpoint's provider.</summary>
    [Function("Gateway_Proxy")]
    public Task Proxy(
        [HttpTrigger(Anonymous, "post", Route = "gateway/proxy/{name}/{*path:minlength(1)}")] HttpRequest request) => Answer(request);

    private Task Answer(HttpRequest request) => app.InvokeAsync(request.HttpContext);
}

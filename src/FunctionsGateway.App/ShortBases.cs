using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using static Microsoft.Azure.Functions.Worker.AuthorizationLevel;

namespace FunctionsGateway.App;

/// <summary>Calls in a provider's own API below a base address that the provider's SDK takes.</summary>
/// <param name="app">The gateway.</param>
public sealed class ShortBases(GatewayApp app)
{
    /// <summary>Anthropic's messages.</summary>
    [Function("Anthropic_Messages")]
    public Task AnthropicMessages(
        [HttpTrigger(Anonymous, "post", Route = "anthropic/v1/messages")] HttpRequest request) => Answer(request);

    /// <summary>Anthropic's token counts and models.</summary>
    [Function("Anthropic_Various")]
    public Task AnthropicVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "anthropic/v1/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Cohere's chat.</summary>
    [Function("Cohere_Chat")]
    public Task CohereChat(
        [HttpTrigger(Anonymous, "post", Route = "cohere/v2/chat")] HttpRequest request) => Answer(request);

    /// <summary>Cohere's embeddings, ranking and first version.</summary>
    [Function("Cohere_Various")]
    public Task CohereVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "cohere/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Gemini's answers.</summary>
    [Function("Gemini_GenerateContent")]
    public Task GeminiGenerate(
        [HttpTrigger(Anonymous, "post", Route = "gemini/v1beta/models/{name}:generateContent")] HttpRequest request) => Answer(request);

    /// <summary>Gemini's streams.</summary>
    [Function("Gemini_StreamGenerateContent")]
    public Task GeminiStream(
        [HttpTrigger(Anonymous, "post", Route = "gemini/v1beta/models/{name}:streamGenerateContent")] HttpRequest request) =>
        Answer(request);

    /// <summary>Gemini's embeddings, token counts and models.</summary>
    [Function("Gemini_Various")]
    public Task GeminiVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "gemini/v1beta/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>Mistral's chat.</summary>
    [Function("Mistral_Chat")]
    public Task MistralChat(
        [HttpTrigger(Anonymous, "post", Route = "mistral/v1/chat/completions")] HttpRequest request) => Answer(request);

    /// <summary>Mistral's embeddings.</summary>
    [Function("Mistral_Embeddings")]
    public Task MistralEmbeddings(
        [HttpTrigger(Anonymous, "post", Route = "mistral/v1/embeddings")] HttpRequest request) => Answer(request);

    /// <summary>Mistral's fill-in-the-middle and models.</summary>
    [Function("Mistral_Various")]
    public Task MistralVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "mistral/v1/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>What <c>/v1</c> serves, below the base of Azure OpenAI's newer API.</summary>
    [Function("OpenAI_Various")]
    public Task OpenAIVarious(
        [HttpTrigger(Anonymous, "get", "post", Route = "openai/v1/{*operation}")] HttpRequest request) => Answer(request);

    /// <summary>OpenAI's compaction.</summary>
    [Function("V1_Compact")]
    public Task Compact(
        [HttpTrigger(Anonymous, "post", Route = "v1/responses/compact")] HttpRequest request) => Answer(request);

    /// <summary>OpenAI's responses.</summary>
    [Function("V1_Responses")]
    public Task Responses(
        [HttpTrigger(Anonymous, "post", Route = "v1/responses")] HttpRequest request) => Answer(request);

    private Task Answer(HttpRequest request) => app.InvokeAsync(request.HttpContext);
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

public sealed class NativeTests
{
    private const string Azure = """{"openai_api_type":"azure","openai_api_key":"$K","openai_api_base":"https://r.openai.azure.com/","openai_deployment_name":"d","openai_api_version":"2024-10-21"}""";
    private const string AzureV1 = """{"openai_api_type":"azure","openai_api_key":"$K","openai_api_base":"https://r.openai.azure.com/openai/v1","openai_deployment_name":"d","openai_api_version":"preview"}""";

    [Theory]
    [InlineData("openai", "{}", NativeApi.OpenAIChat, "https://api.openai.com/v1/chat/completions", "m", true)]
    [InlineData("openai", """{"openai_api_base":"https://x/v1/"}""", NativeApi.OpenAIResponses, "https://x/v1/responses", "m", false)]
    [InlineData("openai", "{}", NativeApi.OpenAIEmbeddings, "https://api.openai.com/v1/embeddings", "m", false)]
    [InlineData("openai", Azure, NativeApi.OpenAIChat, "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21", null, true)]
    [InlineData("openai", Azure, NativeApi.OpenAIResponses, "https://r.openai.azure.com/openai/v1/responses", "d", false)]
    [InlineData("openai", AzureV1, NativeApi.OpenAIChat, "https://r.openai.azure.com/openai/v1/chat/completions", "d", true)]
    [InlineData("openai", AzureV1, NativeApi.OpenAIResponses, "https://r.openai.azure.com/openai/v1/responses", "d", false)]
    [InlineData("anthropic", """{"anthropic_api_base":"https://x"}""", NativeApi.AnthropicMessages, "https://x/v1/messages", "m", false)]
    [InlineData("anthropic", "{}", NativeApi.AnthropicCountTokens, "https://api.anthropic.com/v1/messages/count_tokens", "m", false)]
    [InlineData("gemini", "{}", NativeApi.GeminiGenerateContent, "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse", null, false)]
    [InlineData("gemini", """{"gemini_api_base":"https://x/"}""", NativeApi.GeminiEmbedContent, "https://x/v1beta/models/m:embedContent", null, false)]
    [InlineData("gemini", """{"gemini_api_base":"https://x/v1beta"}""", NativeApi.GeminiEmbedContent, "https://x/v1beta/models/m:embedContent", null, false)]
    [InlineData("gemini", """{"gemini_api_base":"https://x/v1alpha/models"}""", NativeApi.GeminiEmbedContent, "https://x/v1alpha/models/m:embedContent", null, false)]
    [InlineData("cohere", """{"cohere_api_base":"https://x/v1/"}""", NativeApi.CohereChat, "https://x/v2/chat", "m", false)]
    [InlineData("gemini", "{}", NativeApi.GeminiBatchEmbedContents, "https://generativelanguage.googleapis.com/v1beta/models/m:batchEmbedContents", null, false)]
    [InlineData("gemini", "{}", NativeApi.GeminiCountTokens, "https://generativelanguage.googleapis.com/v1beta/models/m:countTokens", null, false)]
    [InlineData("cohere", "{}", NativeApi.CohereEmbed, "https://api.cohere.com/v2/embed", "m", false)]
    [InlineData("cohere", "{}", NativeApi.CohereRerank, "https://api.cohere.com/v2/rerank", "m", false)]
    [InlineData("vertex_ai", """{"vertex_project":"p"}""", NativeApi.GeminiGenerateContent, "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/m:streamGenerateContent?alt=sse", null, false)]
    [InlineData("vertex_ai", """{"vertex_project":"p"}""", NativeApi.AnthropicCountTokens, "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models/count-tokens:rawPredict", "m", false)]
    [InlineData("vertex_ai", """{"vertex_project":"p","vertex_ai_api_base":"https://x"}""", NativeApi.GeminiCountTokens, "https://x/v1/projects/p/locations/global/publishers/google/models/m:countTokens", null, false)]
    [InlineData("ai21labs", "{}", NativeApi.OpenAIChat, "https://api.ai21.com/studio/v1/chat/completions", "m", false)]
    public void Serves_native_apis_where_the_provider_does(string name, string config, NativeApi api, string url, string? model, bool takesUsage)
    {
        var provider = ProviderCatalog.Find(name)!;
        var call = new ProviderCall("m", (JsonObject)JsonNode.Parse(config)!, true, "0", DateTimeOffset.UnixEpoch);
        var native = provider.Native[api];
        Assert.Equal(url, provider.BaseAddress(call) + native.Path(call));
        Assert.Equal(model, native.ModelFor(call));
        Assert.Equal(takesUsage, native.TakesIncludeUsage(call));
    }

    [Theory]
    [InlineData("gemini-2.5-pro", NativeApi.GeminiGenerateContent, NativeApi.GeminiCountTokens)]
    [InlineData("claude-sonnet-4-5@20251101", NativeApi.AnthropicMessages, NativeApi.AnthropicCountTokens)]
    [InlineData("meta/llama-4-maas", NativeApi.OpenAIChat)]
    public void Serves_each_family_of_Vertex_AI_in_its_own_API_alone(string model, params NativeApi[] apis)
    {
        var call = new ProviderCall(model, new JsonObject { ["vertex_project"] = "p" }, false, "0", DateTimeOffset.UnixEpoch);
        Assert.Equal(apis, VertexAI.Provider.Native.Where(native => native.Value.IsOffered(call)).Select(native => native.Key));
    }

    [Theory]
    [InlineData("{}", "anthropic-beta", "a,b", "a,b")]
    [InlineData("""{"vertex_anthropic_betas":null}""", "anthropic-beta", "a", "a")]
    [InlineData("""{"vertex_anthropic_betas":["b","c"]}""", "anthropic-beta", "a, b,c", "b, c")]
    [InlineData("""{"vertex_anthropic_betas":"b, c"}""", "anthropic-beta", "c", "c")]
    [InlineData("""{"vertex_anthropic_betas":["b"]}""", "anthropic-beta", "a", null)]
    [InlineData("""{"vertex_anthropic_betas":""}""", "anthropic-beta", "a", null)]
    [InlineData("""{"vertex_anthropic_betas":[]}""", "anthropic-beta", "a", null)]
    [InlineData("""{"vertex_anthropic_betas":[]}""", "user-agent", "x", "x")]
    [InlineData("{}", "anthropic-version", "2023-06-01", null)]
    public void Sends_Vertex_AI_the_betas_that_it_knows(string config, string name, string value, string? sent)
    {
        var call = new ProviderCall("claude-sonnet-4-5", (JsonObject)JsonNode.Parse(config)!, false, "0", DateTimeOffset.UnixEpoch);
        Assert.Equal(sent, VertexAI.Provider.Native[NativeApi.AnthropicMessages].Header!(call, name, value));
        Assert.Equal(sent, VertexAI.Provider.Native[NativeApi.AnthropicCountTokens].Header!(call, name, value));
    }

    [Theory]
    [InlineData("""["a","b"]""", true)]
    [InlineData("\"a,b\"", true)]
    [InlineData("[1]", false)]
    [InlineData("1", false)]
    public void Takes_betas_as_a_list_or_as_a_text(string betas, bool isGood) =>
        Assert.Equal(isGood, VertexAI.Provider.Config.Validate(new() { ["vertex_project"] = "p", ["vertex_anthropic_betas"] = JsonNode.Parse(betas) }).Count == 0);
}

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
    public void Serves_native_apis_where_the_provider_does(string name, string config, NativeApi api, string url, string? model, bool takesUsage)
    {
        var provider = ProviderCatalog.Find(name)!;
        var call = new ProviderCall("m", (JsonObject)JsonNode.Parse(config)!, true, "0", DateTimeOffset.UnixEpoch);
        var native = provider.Native[api];
        Assert.Equal(url, provider.BaseAddress(call) + native.Path(call));
        Assert.Equal(model, native.ModelFor(call));
        Assert.Equal(takesUsage, native.TakesIncludeUsage(call));
    }
}

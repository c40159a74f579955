using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

public sealed class UsageReaderTests
{
    [Theory]
    [InlineData(NativeApi.OpenAIChat, """{"id":"x","choices":[{"message":{"content":"usage"}}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":3,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2}}}""", 9, 4, 13, 3, 2)]
    [InlineData(NativeApi.OpenAIChat, """{"choices":[],"usage":null,"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_time":0.1}}}""", 9, 4, 13, null, null)]
    [InlineData(NativeApi.OpenAIEmbeddings, """{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}""", 8, null, 8, null, null)]
    [InlineData(NativeApi.OpenAIResponses, """{"type":"response.completed","response":{"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":39}}}""", 37, 2, 39, 1, 1)]
    [InlineData(NativeApi.AnthropicMessages, """{"content":[],"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":7,"output_tokens":25}}""", 20, 25, 45, 7, null)]
    [InlineData(NativeApi.AnthropicCountTokens, """{"input_tokens":14}""", 14, null, 14, null, null)]
    [InlineData(NativeApi.GeminiGenerateContent, """[{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1}},{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":7,"thoughtsTokenCount":2,"totalTokenCount":14}}]""", 5, 9, 14, null, 2)]
    [InlineData(NativeApi.CohereChat, """{"type":"message-end","delta":{"usage":{"billed_units":{"input_tokens":1},"tokens":{"input_tokens":5,"output_tokens":6}}}}""", 5, 6, 11, null, null)]
    [InlineData(NativeApi.MistralChat, """{"usage":{"prompt_tokens":1.0,"completion_tokens":2,"total_tokens":3}}""", 1, 2, 3, null, null)]
    // xAI counts reasoning on top of the completion: the total says so.
    [InlineData(NativeApi.OpenAIChat, """{"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":2}}}""", 9, 6, 15, null, 2)]
    [InlineData(NativeApi.GeminiGenerateContent, """{"usageMetadata":{"promptTokenCount":5,"toolUsePromptTokenCount":3,"candidatesTokenCount":7,"totalTokenCount":15}}""", 8, 7, 15, null, null)]
    [InlineData(NativeApi.CohereChat, """{"usage":{"billed_units":{"input_tokens":1,"output_tokens":2}}}""", 1, 2, 3, null, null)]
    [InlineData(NativeApi.CohereChat, """{"usage":{"tokens":{"input_tokens":5,"output_tokens":6},"billed_units":{"input_tokens":1,"output_tokens":2}}}""", 5, 6, 11, null, null)]
    [InlineData(NativeApi.CohereEmbed, """{"embeddings":{"float":[[0.5]]},"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7,"images":1}}}""", 7, null, 7, null, null)]
    public void Reads_usage_from_native_bytes(NativeApi api, string json, int prompt, int? completion, int total, int? cached, int? reasoning) =>
        Assert.Equal(new TokenUsage(prompt, completion, total, cached, reasoning), UsageReader.Read(api, Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"choices":[{"message":{"usage":{"prompt_tokens":1}}}]}""")]
    [InlineData("""{"usage":null}""")]
    [InlineData("""{"usage":{"prompt_tokens":"x"}}""")]
    [InlineData("""{"usage":{"prompt_tokens":1""")]
    [InlineData("[DONE] usage")]
    [InlineData("")]
    public void Reads_nothing_where_there_is_none(string json) => Assert.Null(UsageReader.Read(NativeApi.OpenAIEmbeddings, Encoding.UTF8.GetBytes(json))?.Completion);

    [Fact]
    public void Overlays_Anthropics_counts_event_by_event()
    {
        var reader = new UsageReader(NativeApi.AnthropicMessages);
        reader.Observe("""{"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":100,"output_tokens":1}}}"""u8);
        reader.Observe("""{"type":"content_block_delta","delta":{"text":"usage"}}"""u8);
        reader.Observe("""{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":null,"output_tokens":15}}"""u8);
        Assert.Equal(new TokenUsage(125, 15, 140, 100, null), reader.Usage);
    }

    [Fact]
    public void Reads_usage_from_a_unified_answer() => Assert.Equal(
        new TokenUsage(9, 4, 13, 3, 2),
        UsageReader.Read((JsonObject)JsonNode.Parse("""{"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":null,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}""")!));

    [Fact]
    public void Reads_no_usage_from_nulls() =>
        Assert.Null(UsageReader.Read((JsonObject)JsonNode.Parse("""{"usage":{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}}""")!));
}

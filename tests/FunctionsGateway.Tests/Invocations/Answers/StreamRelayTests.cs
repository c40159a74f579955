using System.Net.Http.Headers;
using System.Text;
using FunctionsGateway.Invocations.Answers;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Tests.Invocations.Answers;

public class StreamRelayTests
{
    /// <summary>Gives a few bytes at a time, as networks do.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(7, buffer.Length)], cancellationToken);
    }

    [Theory]
    [InlineData(NativeApi.OpenAIChat, "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n")]
    [InlineData(NativeApi.MistralChat, "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n")]
    [InlineData(NativeApi.OpenAIResponses, "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\nevent: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}\n\n")]
    [InlineData(NativeApi.AnthropicMessages, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":4}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")]
    [InlineData(NativeApi.GeminiGenerateContent, "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":4}}\r\n\r\n")]
    [InlineData(NativeApi.CohereChat, "event: message-start\ndata: {\"type\":\"message-start\"}\n\nevent: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"tokens\":{\"input_tokens\":3,\"output_tokens\":4}}}}\n\n")]
    public async Task Observes_the_usage_and_changes_no_byte(NativeApi api, string text)
    {
        using var attempt = AttemptWith(text);
        await using var relay = await StreamRelay.PeekAsync(attempt, api, showsUsage: true, showsDone: true);
        using var sent = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = sent } };
        await using var writer = new EventWriter(context, TimeProvider.System, TimeSpan.FromMinutes(1));

        Assert.Null(await new StreamOutput(context, writer, TimeProvider.System, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)).RunAsync(relay, endsWithDone: false));

        Assert.Equal(text, Encoding.UTF8.GetString(sent.ToArray()));
        Assert.Equal((3, 4), (relay.Usage!.Prompt, relay.Usage.Completion));
    }

    [Theory]
    [InlineData(NativeApi.OpenAIResponses, "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}\n\n")]
    [InlineData(NativeApi.CohereChat, "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR_LIMIT\"}}\n\n")]
    [InlineData(NativeApi.AnthropicMessages, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n")]
    [InlineData(NativeApi.MistralChat, "data: {\"object\":\"error\",\"message\":\"m\"}\n\n")]
    public async Task Takes_a_failure_in_the_first_event_for_one(NativeApi api, string text)
    {
        using var attempt = AttemptWith(text);

        await Assert.ThrowsAsync<ProviderStreamException>(async () => await StreamRelay.PeekAsync(attempt, api, showsUsage: true, showsDone: true));
    }

    [Fact]
    public async Task Takes_a_blocked_prompt_for_a_whole_answer()
    {
        using var attempt = AttemptWith("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n");
        await using var relay = await StreamRelay.PeekAsync(attempt, NativeApi.GeminiGenerateContent, showsUsage: true, showsDone: true);
        var context = new DefaultHttpContext();
        await using var writer = new EventWriter(context, TimeProvider.System, TimeSpan.FromMinutes(1));

        Assert.Null(await new StreamOutput(context, writer, TimeProvider.System, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)).RunAsync(relay, endsWithDone: false));
    }

    private static Attempt AttemptWith(string text)
    {
        var content = new StreamContent(new Trickle(Encoding.UTF8.GetBytes(text)));
        content.Headers.ContentType = new MediaTypeHeaderValue("text/event-stream");
        return new Attempt(TimeProvider.System, TimeSpan.FromSeconds(10), new Deadline(TimeProvider.System, TimeSpan.FromMinutes(1)), CancellationToken.None) { Answer = new HttpResponseMessage { Content = content } };
    }
}

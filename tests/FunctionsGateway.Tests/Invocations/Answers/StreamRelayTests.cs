using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text;
using FunctionsGateway.Invocations.Answers;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FunctionsGateway.Tests.Invocations.Answers;

public class StreamRelayTests
{
    /// <summary>Gives a few bytes at a time, as networks do.</summary>
    private sealed class Trickle(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
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

    [Fact]
    public async Task Looks_at_every_byte_of_a_large_event_once()
    {
        var text = "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"delta\":{\"content\":\"" + new string('x', 8 << 20) + "\"}}]}\n\n";
        using var attempt = AttemptWith(text, piece: 1024);
        await using var relay = await StreamRelay.PeekAsync(attempt, NativeApi.OpenAIChat, showsUsage: true, showsDone: true);
        var context = new DefaultHttpContext();
        await using var writer = new EventWriter(context, TimeProvider.System, TimeSpan.FromMinutes(1));

        Assert.Null(await new StreamOutput(context, writer, TimeProvider.System, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1)).RunAsync(relay, endsWithDone: false));

        // Once as it comes; and the first event three times more, when it is found, judged and sent.
        Assert.InRange(relay.Effort, text.Length, 4L * text.Length);
    }

    [Fact]
    public async Task Reads_no_further_than_its_buffers_while_the_client_reads_nothing()
    {
        var source = new Endless();
        using var attempt = AttemptWith(source);
        await using var relay = await StreamRelay.PeekAsync(attempt, NativeApi.OpenAIChat, showsUsage: true, showsDone: true);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));
        using var leave = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = leave.Token };
        context.Features.Set<IHttpResponseBodyFeature>(new PipeBody(pipe.Writer));
        await using var writer = new EventWriter(context, TimeProvider.System, TimeSpan.FromMinutes(1));

        var sending = new StreamOutput(context, writer, TimeProvider.System, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1)).RunAsync(relay, endsWithDone: false).AsTask();

        // What a slow client costs is the connection's buffer and one of ours, however much the provider would send.
        Assert.False(sending.IsCompleted);
        Assert.InRange(source.Given, 64 * 1024, (64 + 16 + 16) * 1024);
        var read = await pipe.Reader.ReadAsync();
        pipe.Reader.AdvanceTo(read.Buffer.End);
        await Eventually.IsTrueAsync(() => source.Given > 100 * 1024);
        Assert.InRange(source.Given, 100 * 1024, (128 + 16 + 16) * 1024);
        leave.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task Numbers_its_error_behind_the_events_of_a_response()
    {
        using var attempt = AttemptWith(
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{},\"sequence_number\":0}\n\n" +
            "event: response.in_progress\ndata: {\"type\":\"response.in_progress\",\"sequence_number\":41}\n\n");
        await using var relay = await StreamRelay.PeekAsync(attempt, NativeApi.OpenAIResponses, showsUsage: true, showsDone: true);
        using var sent = new MemoryStream();
        var context = new DefaultHttpContext { Request = { Path = "/v1/responses" }, Response = { Body = sent } };
        await using var writer = new EventWriter(context, TimeProvider.System, TimeSpan.FromMinutes(1));

        Assert.NotNull(await new StreamOutput(context, writer, TimeProvider.System, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)).RunAsync(relay, endsWithDone: false));

        Assert.Contains("event: error\ndata: {\"type\":\"error\",\"sequence_number\":42,", Encoding.UTF8.GetString(sent.ToArray()), StringComparison.Ordinal);
    }

    /// <summary>As many small events as anybody reads.</summary>
    private sealed class Endless : Stream
    {
        private static readonly byte[] Event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"}}]}\n\n"u8.ToArray();

        public long Given { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Given; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = 0;
            while (count < buffer.Length)
            {
                buffer.Span[count++] = Event[(int)(Given++ % Event.Length)];
            }

            return new(count);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>An answer whose reader is the test.</summary>
    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => writer.AsStream();

        public PipeWriter Writer => writer;

        public Task CompleteAsync() => Task.CompletedTask;

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    private static Attempt AttemptWith(string text, int piece = 7) => AttemptWith(new Trickle(Encoding.UTF8.GetBytes(text), piece));

    private static Attempt AttemptWith(Stream source)
    {
        var content = new StreamContent(source);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/event-stream");
        return new Attempt(TimeProvider.System, TimeSpan.FromSeconds(10), new Deadline(TimeProvider.System, TimeSpan.FromMinutes(1)), CancellationToken.None) { Answer = new HttpResponseMessage { Content = content } };
    }
}

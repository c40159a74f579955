using System.Net;
using System.Text;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>An answer that has begun is not thrown away, and paid for again elsewhere, because it is long.</summary>
public sealed class LongAnswerTests
{
    private const string OpenAI = """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"long"},"finish_reason":"stop"}]}""";
    private const string Anthropic = """{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"long"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""";

    [Theory]
    [InlineData("/v1/chat/completions", "openai", "application/json", OpenAI)]
    [InlineData("/v1/chat/completions", "anthropic", "application/json", Anthropic)]
    [InlineData("/gateway/proxy/r/v1/chat/completions", "openai", "application/json", OpenAI)]
    [InlineData("/gateway/proxy/r/v1/chat/completions", "openai", "text/plain", "long")]
    public async Task Waits_for_the_rest_of_an_answer_that_has_begun(string path, string provider, string type, string answer)
    {
        var clock = new ManualTime();
        using var first = new Held(Encoding.UTF8.GetBytes(answer));
        using var handler = new Handler(first, type);
        using var http = new HttpMessageInvoker(handler);
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton<TimeProvider>(clock).AddSingleton(http));
        await gateway.AddRouteAsync(new GatewayRoute
        {
            Name = "r",
            Id = "e-r",
            Targets = [gateway.Target(provider: provider), gateway.Target() with { IsFallback = true }],
            FallbackAttempts = 0,
            Options = new RouteOptionSet { AllowProxy = true, Deadlines = new RouteDeadlines(null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(100), null, null) },
        });

        var call = gateway.AskAsync(path, """{"model":"r","messages":[{"role":"user","content":"hi"}],"max_tokens":5}""");
        await first.Reading.Task;
        clock.Advance(TimeSpan.FromSeconds(60));
        first.Rest.TrySetResult();

        var (status, body) = await call;
        Assert.Equal(200, status);
        Assert.Contains("long", body, StringComparison.Ordinal);
        Assert.Equal(1, handler.Calls);
    }

    private sealed class Handler(Stream first, string type) : HttpMessageHandler
    {
        private int _calls;

        public int Calls => _calls;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpContent content = Interlocked.Increment(ref _calls) == 1 ? new StreamContent(first) : new StringContent(OpenAI);
            content.Headers.ContentType = new(_calls == 1 ? type : "application/json");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }

    /// <summary>A body that comes when it is told to.</summary>
    private sealed class Held(byte[] bytes) : MemoryStream(bytes)
    {
        public TaskCompletionSource Reading { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Rest { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reading.TrySetResult();
            await Rest.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}

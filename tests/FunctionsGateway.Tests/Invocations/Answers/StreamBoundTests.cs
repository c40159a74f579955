using System.Text;
using FunctionsGateway.Invocations.Answers;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Streaming;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FunctionsGateway.Tests.Invocations.Answers;

/// <summary>What a stream may take, of memory and of time.</summary>
public sealed class StreamBoundTests
{
    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    public async Task Gathers_no_event_that_never_ends(string provider)
    {
        await using var endless = await AnyProvider.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync("data: "u8.ToArray());
            var piece = Encoding.ASCII.GetBytes(new string('a', 1024 * 1024));
            for (var i = 0; i < 18; i++)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        });
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:20"));
        var target = gateway.Target(provider: provider);
        target.Config[$"{provider}_api_base"] = endless.Address + "/v1";
        await gateway.AddRouteAsync(new GatewayRoute { Name = "r", Id = "e-r", Targets = [target] });

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"r","messages":[{"role":"user","content":"hi"}],"stream":true}""");

        Assert.Equal(502, status);
        Assert.Contains("an event is longer than 16777216 bytes", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Closes_the_connection_of_a_client_that_stopped_reading_when_the_stream_has_lasted_its_time()
    {
        var (clock, client) = (new ManualTime(), new Client());
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(client);
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(client));
        context.Request.Path = "/v1/chat/completions";
        using var attempt = new Attempt(clock, TimeSpan.FromMinutes(1), new Deadline(clock, TimeSpan.FromMinutes(1)), client.RequestAborted);
        await using var writer = new EventWriter(context, clock, TimeSpan.FromSeconds(15));
        var output = new StreamOutput(context, writer, clock, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(25));

        var running = output.RunAsync(new Talker(attempt), endsWithDone: true).AsTask();
        try
        {
            await client.Stuck.Task;
            clock.Advance(TimeSpan.FromMinutes(24));
            Assert.False(client.RequestAborted.IsCancellationRequested);
            clock.Advance(TimeSpan.FromMinutes(2));

            await Eventually.IsTrueAsync(() => running.IsCompleted);
            Assert.True(client.RequestAborted.IsCancellationRequested);
        }
        finally
        {
            // Whatever still writes ends with the connection.
            client.Abort();
        }
    }

    private sealed class Talker(Attempt attempt) : IClientStream
    {
        public Attempt Attempt => attempt;

        public TokenUsage? Usage => null;

        public async ValueTask PumpAsync(StreamOutput output) => await output.SendAsync("data: {}\n\n"u8.ToArray(), attempt);

        public ValueTask DisposeAsync() => default;
    }

    /// <summary>A client whose connection takes nothing, until it is closed.</summary>
    private sealed class Client : MemoryStream, IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _gone = new();

        public TaskCompletionSource Stuck { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken RequestAborted
        {
            get => _gone.Token;
            set => throw new NotSupportedException();
        }

        public void Abort() => _gone.Cancel();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Stuck.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _gone.Token);
        }

        protected override void Dispose(bool disposing)
        {
            _gone.Dispose();
            base.Dispose(disposing);
        }
    }
}

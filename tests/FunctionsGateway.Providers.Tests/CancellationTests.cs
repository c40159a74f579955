using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

public sealed class CancellationTests
{
    public static IEnumerable<object[]> Streams =>
        from provider in ProviderCatalog.All
        from operation in new[] { provider.Chat, provider.Completions }
        where operation?.Stream is not null
        select new object[] { provider.Name, operation == provider.Chat };

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Hands_cancellation_and_disposal_to_the_providers_events(string name, bool chat)
    {
        var provider = ProviderCatalog.Find(name)!;
        var call = new ProviderCall("m", [], true, "0", DateTimeOffset.UnixEpoch);
        using var source = new CancellationTokenSource();
        var upstream = new Upstream();
        var chunks = (chat ? provider.Chat : provider.Completions)!.Stream!(upstream.Events(), call);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var chunk in chunks.WithCancellation(source.Token))
            {
                Assert.NotNull(chunk);
                await source.CancelAsync();
            }
        });
        Assert.True(upstream.IsDisposed);
    }

    /// <summary>One event that begins an answer in either dialect, then silence.</summary>
    private sealed class Upstream
    {
        public bool IsDisposed { get; private set; }

        public async IAsyncEnumerable<SseItem<string>> Events([EnumeratorCancellation] CancellationToken cancel = default)
        {
            try
            {
                yield return new("""{"type":"message_start","message":{"id":"m"},"choices":[{"index":0,"delta":{"content":"A"}}]}""");
                var silence = new TaskCompletionSource();
                await silence.Task.WaitAsync(cancel);
            }
            finally
            {
                IsDisposed = true;
            }
        }
    }
}

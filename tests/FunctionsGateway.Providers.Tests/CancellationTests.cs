using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace FunctionsGateway.Providers.Tests;

public sealed class CancellationTests
{
    public static IEnumerable<object[]> Streams => Fixture.All.Where(fixture => fixture.Has("chunks.json"))
        .Select(fixture => new object[] { fixture.Provider, fixture.Family, fixture.Name });

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Hands_cancellation_and_disposal_to_the_providers_events(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var events = await EventReader.Read(new MemoryStream(fixture.StreamBytes), fixture.Framing).ToListAsync();
        using var source = new CancellationTokenSource();
        var upstream = new Upstream(events);
        var chunks = fixture.Translation.Stream!(upstream.Events(), fixture.Call);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var chunk in chunks.WithCancellation(source.Token))
            {
                Assert.NotNull(chunk);
                upstream.IsSilent = true;
                await source.CancelAsync();
            }
        });
        Assert.True(upstream.IsDisposed);
    }

    /// <summary>The events of a good answer until it is told to be silent.</summary>
    private sealed class Upstream(IReadOnlyList<SseItem<string>> events)
    {
        public bool IsDisposed { get; private set; }

        public bool IsSilent { get; set; }

        public async IAsyncEnumerable<SseItem<string>> Events([EnumeratorCancellation] CancellationToken cancel = default)
        {
            try
            {
                foreach (var item in events.TakeWhile(_ => !IsSilent))
                {
                    yield return item;
                }

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

using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>What holds of every stream fixture, however the network cuts it.</summary>
public sealed class StreamTests
{
    public static IEnumerable<object[]> Streams => Of(fixture => !fixture.IsGuest);

    public static IEnumerable<object[]> StreamsOfFamilies => Of(_ => true);

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Gives_the_same_chunks_wherever_the_bytes_are_split(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var bytes = fixture.StreamBytes;
        var whole = await fixture.Stream(new MemoryStream(bytes));
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            AssertSame(whole, await fixture.Stream(new PiecedStream(bytes, [cut])), $"Split after byte {cut}.");
        }
    }

    [Theory]
    [MemberData(nameof(StreamsOfFamilies))]
    public async Task Gives_the_same_chunks_in_however_many_pieces(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var bytes = fixture.StreamBytes;
        var whole = await fixture.Stream(new MemoryStream(bytes));
        AssertSame(whole, await fixture.Stream(new PiecedStream(bytes, [.. Enumerable.Range(1, bytes.Length)])), "One byte at a time.");
        for (var seed = 0; seed < 20; seed++)
        {
            var dice = new Random(seed);
            int[] cuts = [.. Enumerable.Range(0, dice.Next(2, 40)).Select(_ => dice.Next(bytes.Length)).Order()];
            AssertSame(whole, await fixture.Stream(new PiecedStream(bytes, cuts)), $"Split after bytes {string.Join(", ", cuts)}.");
        }
    }

    [Theory]
    [MemberData(nameof(StreamsOfFamilies))]
    public async Task Never_ends_well_when_cut_before_its_end(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var bytes = fixture.StreamBytes;
        var answer = Answer((await fixture.Stream(new MemoryStream(bytes))).Chunks);
        for (var length = 0; length < bytes.Length; length++)
        {
            var (chunks, failure) = await fixture.Stream(new MemoryStream(bytes, 0, length));
            Assert.True(failure is not null || JsonNode.DeepEquals(Answer(chunks), answer), $"Ended well after {length} of {bytes.Length} bytes.");
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Never_ends_well_when_stalled_before_its_end(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var (bytes, events) = (fixture.StreamBytes, fixture.StreamEvents);
        var whole = await fixture.Stream(new MemoryStream(bytes));
        // Between two events, and in the middle of each.
        foreach (var length in Enumerable.Range(0, events.Count).SelectMany(at => (int[])[Length(events, at), Length(events, at) + (events[at].Length / 2)]))
        {
            using var patience = new CancellationTokenSource();
            var chunks = new JsonArray();
            var failure = await Record.ExceptionAsync(async () =>
            {
                var read = EventReader.Read(new StalledStream(bytes[..length], patience), fixture.Framing, patience.Token);
                await foreach (var chunk in fixture.Translation.Stream!(read, fixture.Call).WithCancellation(patience.Token))
                {
                    chunks.Add((JsonNode)chunk);
                }
            });
            var hasEnded = failure is null && JsonNode.DeepEquals(Answer(chunks), Answer(whole.Chunks));
            var hasFailed = failure is not null && failure.GetType() == whole.Failure?.GetType();
            Assert.True(hasEnded || hasFailed || failure is OperationCanceledException, $"Ended well when stalled after {length} of {bytes.Length} bytes.");
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Never_ends_well_when_an_event_is_not_JSON(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var events = fixture.StreamEvents;
        var last = events.ToList().FindIndex(bytes => Encoding.UTF8.GetString(bytes).Contains("[DONE]", StringComparison.Ordinal));
        for (var at = 0; at < events.Count && (last < 0 || at <= last); at++)
        {
            foreach (var wrong in new[] { """{"id":""", "[]", """{"a":1,"a":2}""" })
            {
                byte[] bytes = [.. events.Take(at).Append(Wire.Event(fixture.Framing, wrong, "wrong")).Concat(events.Skip(at)).SelectMany(one => one)];
                var (_, failure) = await fixture.Stream(new MemoryStream(bytes));
                Assert.NotNull(failure);
            }
        }
    }

    private static IEnumerable<object[]> Of(Func<Fixture, bool> isMeant) => Fixture.All.Where(fixture => fixture.IsStream && isMeant(fixture))
        .Select(fixture => new object[] { fixture.Provider, fixture.Family, fixture.Name });

    private static int Length(IReadOnlyList<byte[]> events, int count) => events.Take(count).Sum(one => one.Length);

    // Every chunk in full, and how it ended.
    private static void AssertSame((JsonArray Chunks, Exception? Failure) expected, (JsonArray Chunks, Exception? Failure) actual, string split)
    {
        Assert.True(JsonNode.DeepEquals(expected.Chunks, actual.Chunks), split);
        Assert.Equal((expected.Failure?.GetType(), expected.Failure?.Message), (actual.Failure?.GetType(), actual.Failure?.Message));
        if (expected.Failure is ProviderStreamException said)
        {
            var same = (ProviderStreamException)actual.Failure!;
            Assert.Equal((said.Type, said.Code, said.Status), (same.Type, same.Code, same.Status));
        }
    }

    // All but the usage that may follow the answer, which is lost when a stream is cut behind it.
    private static JsonArray Answer(JsonArray chunks) => [.. chunks.Where(chunk => chunk!["choices"]!.AsArray().Any(choice => !IsBare(choice!))).Select(chunk => chunk!.DeepClone())];

    // OpenRouter tells the usage beside a choice that says nothing.
    private static bool IsBare(JsonNode choice) => choice["finish_reason"] is null && choice["delta"] is JsonObject delta
        && delta.All(member => member.Key is "role" || member.Value is null or JsonValue && member.Value?.ToString() is null or "");

    /// <summary>Gives the bytes in pieces that end after each of the cuts.</summary>
    private sealed class PiecedStream(byte[] bytes, int[] cuts) : MemoryStream(bytes)
    {
        private int _next;

        public override int Read(Span<byte> buffer)
        {
            while (_next < cuts.Length && cuts[_next] <= Position)
            {
                _next++;
            }

            return base.Read(_next < cuts.Length ? buffer[..(int)Math.Min(buffer.Length, cuts[_next] - Position)] : buffer);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }

    /// <summary>Gives the bytes, then nothing and no end; who waits for more loses patience.</summary>
    private sealed class StalledStream(byte[] bytes, CancellationTokenSource patience) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
            {
                return Read(buffer.Span);
            }

            await patience.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }
    }
}

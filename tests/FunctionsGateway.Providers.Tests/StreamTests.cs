using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>What holds of every stream fixture, however the network cuts it.</summary>
public sealed class StreamTests
{
    public static IEnumerable<object[]> Streams => Fixture.All.Where(fixture => fixture is { IsStream: true, IsGuest: false })
        .Select(fixture => new object[] { fixture.Provider, fixture.Family, fixture.Name });

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Gives_the_same_chunks_wherever_the_bytes_are_split(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var bytes = fixture.StreamBytes;
        var (expected, failure) = await fixture.Stream(new MemoryStream(bytes));
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var (chunks, same) = await fixture.Stream(new SplitStream(bytes, cut));
            Assert.True(JsonNode.DeepEquals(expected, chunks), $"Split after byte {cut}.");
            Assert.Equal(failure?.Message, same?.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Never_ends_well_when_cut_before_its_end(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var bytes = fixture.StreamBytes;
        var finished = Finished((await fixture.Stream(new MemoryStream(bytes))).Chunks);
        for (var length = 0; length < bytes.Length; length++)
        {
            var (chunks, failure) = await fixture.Stream(new MemoryStream(bytes, 0, length));
            Assert.True(failure is not null || Finished(chunks).SetEquals(finished), $"Ended well after {length} of {bytes.Length} bytes.");
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

    // The choices that were told to be finished; the usage that may follow is not the answer.
    private static HashSet<string> Finished(JsonArray chunks) =>
    [
        .. from chunk in chunks
           from choice in chunk!["choices"]!.AsArray()
           where choice!["finish_reason"] is not null
           select choice["index"]!.ToJsonString(),
    ];

    /// <summary>Gives the bytes before the cut in one read, then those after it.</summary>
    private sealed class SplitStream(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(Position < cut ? buffer[..(int)Math.Min(buffer.Length, cut - Position)] : buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
    }
}

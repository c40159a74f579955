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
        var bytes = File.ReadAllBytes(fixture.StreamFile!);
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
        var bytes = File.ReadAllBytes(fixture.StreamFile!);
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
        var text = await File.ReadAllTextAsync(fixture.StreamFile!);
        for (var at = text.IndexOf("data:", StringComparison.Ordinal); at >= 0; at = text.IndexOf("data:", at + 5, StringComparison.Ordinal))
        {
            var isDone = text.AsSpan(at + 5).TrimStart().StartsWith("[DONE]");
            foreach (var wrong in new[] { "data: {\"id\":\n\n", "data: []\n\n", "data: {\"a\":1,\"a\":2}\n\n" })
            {
                var (_, failure) = await fixture.Stream(new MemoryStream(Encoding.UTF8.GetBytes(text[..at] + wrong + text[at..])));
                Assert.NotNull(failure);
            }

            if (isDone)
            {
                break;
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

using System.Text;
using FunctionsGateway.Streaming;
using FunctionsGateway.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Tests.Streaming;

public class EventWriterTests
{
    // Azure's front end ends a connection that is silent for so long (spec/azure.md).
    private static readonly TimeSpan FrontEnd = TimeSpan.FromSeconds(230);

    private static readonly TimeSpan Heartbeat = new StreamSettings().Heartbeat;

    [Fact]
    public async Task Breaks_every_silence_long_before_the_front_end_does()
    {
        var (time, sent) = (new ManualTime(), new MemoryStream());
        await using var writer = new EventWriter(new DefaultHttpContext { Response = { Body = sent } }, time, Heartbeat);
        writer.Begin();
        await writer.SendAsync("data: {}\n\n"u8.ToArray());

        time.Advance(TimeSpan.FromMinutes(20));

        var comments = Encoding.UTF8.GetString(sent.ToArray()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.All(comments, comment => Assert.StartsWith(":", comment, StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromMinutes(20) / Heartbeat, comments.Length);
        Assert.True(Heartbeat < FrontEnd / 2);
    }

    [Fact]
    public async Task Says_nothing_of_its_own_while_events_come()
    {
        var (time, sent) = (new ManualTime(), new MemoryStream());
        await using var writer = new EventWriter(new DefaultHttpContext { Response = { Body = sent } }, time, Heartbeat);
        writer.Begin();
        for (var i = 0; i < 100; i++)
        {
            await writer.SendAsync("data: {}\n\n"u8.ToArray());
            time.Advance(Heartbeat - TimeSpan.FromMilliseconds(1));
        }

        Assert.DoesNotContain(":", Encoding.UTF8.GetString(sent.ToArray()).Replace("data: {}", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_an_array_one_array()
    {
        var (time, sent) = (new ManualTime(), new MemoryStream());
        await using var writer = new EventWriter(new DefaultHttpContext { Response = { Body = sent } }, time, Heartbeat);
        writer.Begin(isArray: true);
        await writer.SendAsync("[1,"u8.ToArray());
        time.Advance(Heartbeat * 3);
        await writer.SendAsync("2]"u8.ToArray());

        Assert.Equal("[1,\n\n\n2]", Encoding.UTF8.GetString(sent.ToArray()));
    }
}

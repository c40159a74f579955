using System.Text;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;

namespace FunctionsGateway.Tests.Streaming;

public class EventScannerTests
{
    private static (bool Whole, int Length, string Name, string Data) Read(string text)
    {
        var scanner = new EventScanner();
        var whole = scanner.TryRead(Encoding.UTF8.GetBytes(text), out var length, out var name, out var data);
        return (whole, length, Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(data));
    }

    [Theory]
    [InlineData("data: {}\n\nrest", 10, "", "{}")]
    [InlineData("data:{}\n\n", 9, "", "{}")]
    [InlineData("event: ping\r\ndata: {\"a\":1}\r\n\r\n", 30, "ping", "{\"a\":1}")]
    [InlineData("id: 3\ndata: x\nretry: 5\n\n", 24, "", "x")]
    [InlineData(": comment\n\n", 11, "", "")]
    [InlineData("\n", 1, "", "")]
    public void Reads_a_whole_event(string text, int length, string name, string data) => Assert.Equal((true, length, name, data), Read(text));

    [Theory]
    [InlineData("")]
    [InlineData("data: {}")]
    [InlineData("data: {}\n")]
    [InlineData("data: {}\r\n\r")]
    public void Waits_for_the_rest_of_an_event(string text) => Assert.False(Read(text).Whole);

    [Fact]
    public void Refuses_data_of_several_lines() => Assert.Throws<MalformedAnswerException>(() => Read("data: a\ndata: b\n\n"));

    [Theory]
    [InlineData("event: a\r\ndata: {\"x\":1}\r\n\r\n")]
    [InlineData(": note\ndata:{}\nid: 7\n\n")]
    public void Reads_an_event_that_comes_byte_by_byte_as_if_it_came_whole(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var scanner = new EventScanner();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(scanner.TryRead(bytes.AsSpan(0, length), out _, out _, out _));
        }

        Assert.True(scanner.TryRead(bytes, out var taken, out var name, out var data));
        Assert.Equal(Read(text), (true, taken, Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(data)));
        Assert.Equal(bytes.Length, scanner.Effort);
    }
}

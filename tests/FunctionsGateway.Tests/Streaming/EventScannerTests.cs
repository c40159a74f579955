using System.Text;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;

namespace FunctionsGateway.Tests.Streaming;

public class EventScannerTests
{
    private static (bool Whole, int Length, string Name, string Data) Read(string text)
    {
        var whole = EventScanner.TryRead(Encoding.UTF8.GetBytes(text), out var length, out var name, out var data);
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
}

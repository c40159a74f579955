using System.Net.ServerSentEvents;
using System.Text;

namespace FunctionsGateway.Providers.Tests;

/// <summary>The vectors of @smithy/eventstream-codec 4.5.2 (spec/providers-own-shape.md §7.7).</summary>
public sealed class AwsEventStreamTests
{
    private const string Empty = "000000100000000005c248eb7d98c8ff";
    private const string Start = "000000760000005296d5fade0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22726f6c65223a22617373697374616e74227d6fa8c599";
    private const string Delta = "0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d7d1f944657";
    private const string Throttled = "00000090000000618e91a9b70f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565737473227de67f8005";
    private const string EveryHeader = "0000005d0000004dadcce93e017400016601016202ff017303fffe016904fffffffd016c05fffffffffffffffc01790600020102017a070002c3a901640800000186a824fdd001750900112233445566778899aabbccddeeff76881d42";

    [Fact]
    public async Task Reads_events()
    {
        var events = await Read(Convert.FromHexString(Empty + Start + Delta));
        Assert.Equal(["message", "messageStart", "contentBlockDelta"], events.Select(item => item.EventType));
        Assert.Equal(["", """{"role":"assistant"}""", """{"contentBlockIndex":0,"delta":{"text":"Hi"}}"""], events.Select(item => item.Data));
    }

    [Fact]
    public async Task Reads_exceptions_as_errors()
    {
        var item = Assert.Single(await Read(Convert.FromHexString(Throttled)));
        Assert.Equal(("error", """{"error":{"type":"throttlingException","message":"Too many requests"}}"""), (item.EventType, item.Data));
    }

    [Fact]
    public async Task Reads_errors_without_a_payload()
    {
        var item = Assert.Single(await Read(Wire.Frame("", (":message-type", "error"), (":error-code", "InternalError"), (":error-message", "m"))));
        Assert.Equal("""{"error":{"type":"InternalError","message":"m"}}""", item.Data);
    }

    [Fact]
    public void Reads_headers_of_every_type()
    {
        var headers = AwsEventStream.Headers(Convert.FromHexString(EveryHeader).AsSpan(12, 77));
        Assert.Equal(
            new Dictionary<string, object>
            {
                ["t"] = true, ["f"] = false, ["b"] = (sbyte)-1, ["s"] = (short)-2, ["i"] = -3, ["l"] = -4L, ["y"] = new byte[] { 1, 2 }, ["z"] = "é",
                ["d"] = DateTimeOffset.FromUnixTimeMilliseconds(1677858242000), ["u"] = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
            },
            headers);
    }

    [Fact]
    public void Writes_what_the_vectors_say() =>
        Assert.Equal(Start, Convert.ToHexStringLower(Wire.Event(Framing.AwsEventStream, """{"role":"assistant"}""", "messageStart")));

    [Fact]
    public async Task Refuses_a_frame_in_which_any_bit_is_wrong()
    {
        for (var bit = 0; bit < Start.Length * 4; bit++)
        {
            var bytes = Convert.FromHexString(Start);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAsync<MalformedAnswerException>(() => Read(bytes));
        }
    }

    [Fact]
    public async Task Refuses_a_frame_that_is_cut()
    {
        for (var length = 1; length < Start.Length / 2; length++)
        {
            await Assert.ThrowsAsync<MalformedAnswerException>(() => Read(Convert.FromHexString(Start)[..length]));
        }
    }

    [Theory]
    [InlineData(15, 0)]
    [InlineData(0x01800001, 0)]
    [InlineData(100, 85)]
    [InlineData(0x01000000, 0x00020001)]
    public async Task Refuses_lengths_that_cannot_be(uint frame, uint headers)
    {
        byte[] prelude = [.. Big(frame), .. Big(headers)];
        await Assert.ThrowsAsync<MalformedAnswerException>(() => Read([.. prelude, .. Big(AwsEventStream.Crc32.Of(prelude)), .. new byte[200]]));
    }

    [Fact]
    public async Task Refuses_headers_and_payloads_that_are_not_what_they_say()
    {
        await Assert.ThrowsAsync<MalformedAnswerException>(() => Read(Wire.Frame("x", (":message-type", "exception"))));
        Assert.Throws<MalformedAnswerException>(() => AwsEventStream.Headers([5, (byte)'a']));
        Assert.Throws<MalformedAnswerException>(() => AwsEventStream.Headers([1, (byte)'a', 99]));
        Assert.Throws<MalformedAnswerException>(() => AwsEventStream.Headers([1, (byte)'a', 7, 0, 9, 1]));
        Assert.Throws<MalformedAnswerException>(() => AwsEventStream.Headers([1, (byte)'a', 7, 0, 1, 0xff]));
    }

    [Fact]
    public void Computes_the_checksum_of_zip_files() => Assert.Equal(0xCBF43926u, AwsEventStream.Crc32.Of(Encoding.ASCII.GetBytes("123456789")));

    private static byte[] Big(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static async Task<List<SseItem<string>>> Read(byte[] bytes) => await EventReader.Read(new MemoryStream(bytes), Framing.AwsEventStream).ToListAsync();
}

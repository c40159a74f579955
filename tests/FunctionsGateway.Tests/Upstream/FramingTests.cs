using System.Net;
using System.Text;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>The whole path over sockets, for one of each framing.</summary>
public sealed class FramingTests
{
    // The vectors of @smithy/eventstream-codec 4.5.2 (spec/providers-own-shape.md §7.7).
    private const string Start = "000000760000005296d5fade0b3a6576656e742d7479706507000c6d65737361676553746172740d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22726f6c65223a22617373697374616e74227d6fa8c599";
    private const string Delta = "0000009400000057b4ab9aee0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d7d1f944657";
    private const string Stop = "0000007a00000051ca2c46650b3a6576656e742d7479706507000b6d65737361676553746f700d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b2273746f70526561736f6e223a22656e645f7475726e227d5fbf09fc";
    private const string Metadata = "000000b60000004e6bc14e4a0b3a6576656e742d747970650700086d657461646174610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b227573616765223a7b22696e707574546f6b656e73223a332c226f7574707574546f6b656e73223a322c22746f74616c546f6b656e73223a357d2c226d657472696373223a7b226c6174656e63794d73223a3231307d7dbfbf20b6";
    private const string Throttled = "00000090000000618e91a9b70f3a657863657074696f6e2d747970650700137468726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565737473227de67f8005";

    // One generation of Cohere's, whole: {"index":0,"is_finished":true,"finish_reason":"COMPLETE","text":"Hi"}.
    private const string Generated = "000000c30000004b2a99d57a0b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a70626d526c654349364d43776961584e665a6d6c7561584e6f5a5751694f6e527964575573496d5a70626d6c7a614639795a57467a623234694f694a44543031515445565552534973496e526c654851694f694a4961534a39227de9434502";

    private const string Bedrock = """{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"bedrock-key","aws_region":"eu-west-1"}}""";

    [Fact]
    public async Task Serves_server_sent_events()
    {
        const string Events =
            """
            event: message-start
            data: {"id":"abc","type":"message-start","delta":{"message":{"role":"assistant"}}}

            event: content-delta
            data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hé"}}}}

            event: message-end
            data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":70,"output_tokens":2}}}}


            """;
        await using var provider = await AnyProvider.StartAsync("text/event-stream", Encoding.UTF8.GetBytes(Events));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "cohere", "command-a-03-2025", """{"cohere_api_key":"cohere-key","cohere_api_base":"BASE"}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.HiStreamed);

        Assert.Equal((200, "Hé"), (status, WholePath.Text(body)));
        var request = Assert.Single(provider.Requests);
        Assert.Equal(("/v2/chat", "Bearer cohere-key"), (request.Target, request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Serves_JSON_lines()
    {
        const string Lines =
            """
            {"is_finished":false,"event_type":"stream-start","generation_id":"g"}
            {"text":" Hi","is_finished":false,"event_type":"text-generation"}
            {"is_finished":true,"event_type":"stream-end","response":{"response_id":"r","text":" Hi"},"finish_reason":"COMPLETE"}

            """;
        await using var provider = await AnyProvider.StartAsync("application/stream+json", Encoding.UTF8.GetBytes(Lines));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "cohere", "command", """{"cohere_api_key":"cohere-key","cohere_api_base":"BASE/v1"}""");

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"r",""" + WholePath.HiStreamed[1..]);

        Assert.Equal((200, " Hi"), (status, WholePath.Text(body)));
        Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
        Assert.Equal("/v1/chat", Assert.Single(provider.Requests).Target);
    }

    [Fact]
    public async Task Serves_AWS_event_streams()
    {
        await using var provider = await AnyProvider.StartAsync("application/vnd.amazon.eventstream", Convert.FromHexString(Start + Delta + Stop + Metadata));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "amazon-bedrock", "anthropic.claude-3-haiku-20240307-v1:0", Bedrock);

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"r","stream_options":{"include_usage":true},""" + WholePath.HiStreamed[1..]);

        Assert.Equal((200, "Hi"), (status, WholePath.Text(body)));
        Assert.Equal(5, WholePath.Chunks(body).Last()["usage"]!["total_tokens"]!.GetValue<int>());
        var request = Assert.Single(provider.Requests);
        Assert.Equal(("/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse-stream", "Bearer bedrock-key"), (request.Target, request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Answers_with_the_status_of_an_exception_that_comes_first()
    {
        await using var provider = await AnyProvider.StartAsync("application/vnd.amazon.eventstream", Convert.FromHexString(Throttled));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0", Bedrock);

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.HiStreamed);

        Assert.Equal(429, status);
        Assert.Contains("Too many requests", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Start + Delta + Throttled, "Too many requests")]
    [InlineData(Start + Delta, "ended before its answer was complete")]
    [InlineData(Start + Delta + "000000", "ended before its answer was complete")]
    [InlineData(Start + Delta + "000000160000005296d5fade0000000000000000", "checksum")]
    public async Task Never_ends_a_broken_stream_as_a_success(string frames, string reason)
    {
        await using var provider = await AnyProvider.StartAsync("application/vnd.amazon.eventstream", Convert.FromHexString(frames));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0", Bedrock);

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"r",""" + WholePath.HiStreamed[1..]);

        Assert.Equal((200, "Hi"), (status, WholePath.Text(body)));
        Assert.Contains(reason, WholePath.Chunks(body).Last()["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bedrock", "application/vnd.amazon.eventstream")]
    [InlineData("cohere", "application/stream+json")]
    [InlineData("cohere-v2", "text/event-stream")]
    public async Task Never_ends_a_stalled_stream_as_a_success(string kind, string contentType)
    {
        byte[] begun = kind switch
        {
            "bedrock" => Convert.FromHexString(Start + Delta + Stop[..40]),
            "cohere" => """{"is_finished":false,"event_type":"stream-start","generation_id":"g"}"""u8.ToArray().Concat("\n{\"text\":\"Hi\",\"is_finished\":false,\"event_type\":\"text-generation\"}\n{\"is_fin"u8.ToArray()).ToArray(),
            _ => "data: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"Hi\"}}}}\n\ndata: {\"type\":\"mess"u8.ToArray(),
        };
        await using var provider = await AnyProvider.StartAsync(async (context, _) =>
        {
            await AnyProvider.WriteAsync(context, contentType, begun);
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__StreamIdle", "00:00:00.5"));
        await (kind switch
        {
            "bedrock" => gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0", Bedrock),
            "cohere" => gateway.RouteAsync(provider, RouteType.Chat, "cohere", "command", """{"cohere_api_key":"cohere-key","cohere_api_base":"BASE/v1"}"""),
            _ => gateway.RouteAsync(provider, RouteType.Chat, "cohere", "command-a-03-2025", """{"cohere_api_key":"cohere-key","cohere_api_base":"BASE"}"""),
        });

        var (status, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"r",""" + WholePath.HiStreamed[1..]);

        Assert.Equal((200, "Hi"), (status, WholePath.Text(body)));
        Assert.NotNull(WholePath.Chunks(body).Last()["error"]);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string, string, string, byte[]> OneOfTwo()
    {
        var rows = new TheoryData<string, string, string, string, string, byte[]>();
        var openAI = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\n"u8.ToArray();
        var gemini = "data: {\"candidates\":[{\"index\":0,\"content\":{\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"STOP\"}]}\n\n"u8.ToArray();
        rows.Add("/v1/chat/completions", "openai", "m", """{"openai_api_key":"k","openai_api_base":"BASE"}""", "text/event-stream", openAI);
        rows.Add("/gateway/r/invocations", "openai", "m", """{"openai_api_key":"k","openai_api_base":"BASE"}""", "text/event-stream", openAI);
        rows.Add("/gateway/r/invocations", "groq", "m", """{"groq_api_key":"k","groq_api_base":"BASE"}""", "text/event-stream", openAI);
        rows.Add("/v1/chat/completions", "gemini", "gemini-2.0-flash", """{"gemini_api_key":"k","gemini_api_base":"BASE"}""", "text/event-stream", gemini);
        rows.Add("/v1/completions", "gemini", "gemini-2.0-flash", """{"gemini_api_key":"k","gemini_api_base":"BASE"}""", "text/event-stream", gemini);
        rows.Add("/gateway/r/invocations", "palm", "gemini-2.0-flash", """{"palm_api_key":"k","palm_api_base":"BASE"}""", "text/event-stream", gemini);
        rows.Add("/v1/completions", "bedrock", "cohere.command-light-text-v14", Bedrock, "application/vnd.amazon.eventstream", Convert.FromHexString(Generated));
        return rows;
    }

    [Theory]
    [MemberData(nameof(OneOfTwo))]
    public async Task Never_ends_a_stream_as_a_success_that_has_fewer_answers_than_were_asked_for(
        string path, string name, string model, string config, string contentType, byte[] events)
    {
        var type = path is "/v1/completions" ? RouteType.Completions : RouteType.Chat;
        await using var provider = await AnyProvider.StartAsync(contentType, events);
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, type, name, model, config);
        var asked = (path.StartsWith("/v1", StringComparison.Ordinal) ? "\"model\":\"r\"," : "")
            + (type == RouteType.Chat ? WholePath.HiStreamed[1..] : "\"prompt\":\"Hi\",\"stream\":true}");

        var (_, one) = await gateway.AskAsync(path, "{" + asked);
        var (_, two) = await gateway.AskAsync(path, "{\"n\":2," + asked);

        Assert.Contains("Hi", one, StringComparison.Ordinal);
        Assert.DoesNotContain("error", one, StringComparison.Ordinal);
        Assert.NotNull(WholePath.Chunks(two).Last()["error"]);
        Assert.DoesNotContain("[DONE]", two, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2023-06-01", null)]
    [InlineData("2026-10-21", "not taken by the provider, left out: temperature")]
    public async Task Says_which_sampling_parameters_the_provider_was_not_sent(string version, string? warning)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", """{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"""u8.ToArray());
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "anthropic", "claude-sonnet-4-5", $$"""{"anthropic_api_key":"k","anthropic_api_base":"BASE","anthropic_version":"{{version}}"}""");

        using var answer = await gateway.PostAsync("/gateway/r/invocations", """{"temperature":0.5,""" + WholePath.Hi[1..]);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(warning, answer.Headers.TryGetValues("X-Gateway-Warnings", out var told) ? told.Single() : null);
        Assert.Equal(warning is null, Assert.Single(provider.Requests).Body.Contains("temperature", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reads_the_kind_of_an_error_from_AWS_header()
    {
        await using var provider = await AnyProvider.StartAsync(
            "application/json", """{"message":"over quota"}"""u8.ToArray(), (int)HttpStatusCode.BadRequest, ("x-amzn-ErrorType", "ServiceQuotaExceededException:http://x/"));
        await using var gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:01"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0", Bedrock);

        using var answer = await gateway.PostAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(429, (int)answer.StatusCode);
        Assert.Equal("1", Assert.Single(answer.Headers.GetValues("Retry-After")));
    }
}

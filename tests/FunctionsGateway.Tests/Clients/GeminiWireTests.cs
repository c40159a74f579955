using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Clients;

/// <summary>What Google's own clients for Gemini put on the wire (there is none of them for .NET here): <c>x-goog-api-key</c>, camel-case bodies, <c>alt=sse</c>.</summary>
public sealed class GeminiWireTests : IAsyncLifetime
{
    private const string Hello = "one two three four five";

    private const string Body = """
        {"contents":[{"parts":[{"text":"one two three four five"}],"role":"user"}],"systemInstruction":{"parts":[{"text":"Be brief."}],"role":"user"},
         "generationConfig":{"maxOutputTokens":100,"stopSequences":["END"],"responseMimeType":"text/plain"},
         "safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]}
        """;

    private const string WithTools = """
        {"contents":[{"parts":[{"text":"one two three four five"}],"role":"user"}],
         "tools":[{"functionDeclarations":[{"name":"find","description":"Finds.","parameters":{"type":"OBJECT","properties":{"question":{"type":"STRING"}}}}]}],
         "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["find"]}}}
        """;

    private GatewayUnderTest _gateway = null!;

    public static TheoryData<string> Bases => ["/gemini", "/gateway/gemini"];

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:10"));
        foreach (var (name, script) in ((string, string)[])[("gem", "echo"), ("tool", "tool"), ("refuses", "status=400"), ("stalls", "stall=3"), ("breaks", "cut=3")])
        {
            await _gateway.AddRouteAsync(name, null, script, "gemini");
        }
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Generates(string path)
    {
        using var answer = await SendAsync($"{path}/v1beta/models/gem:generateContent", Body);

        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(Hello, (string)json["candidates"]![0]!["content"]!["parts"]![0]!["text"]!);
        Assert.Equal("STOP", (string)json["candidates"]![0]!["finishReason"]!);
        Assert.True((int)json["usageMetadata"]!["totalTokenCount"]! > 0);
        var sent = Assert.Single(_gateway.Provider.Requests);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Body), sent.Json));
        Assert.Equal(("/v1beta/models/echo:generateContent", "sk-foreign"), (sent.Path, sent.Headers["x-goog-api-key"]));
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Streams(string path)
    {
        using var answer = await SendAsync($"{path}/v1beta/models/gem:streamGenerateContent?alt=sse", Body);

        var pieces = await EventsAsync(answer);
        Assert.Equal(Hello, string.Concat(pieces.Select(piece => (string)piece["candidates"]![0]!["content"]!["parts"]![0]!["text"]!)));
        Assert.Equal("STOP", (string)pieces[^1]["candidates"]![0]!["finishReason"]!);
        Assert.Equal("?alt=sse", Assert.Single(_gateway.Provider.Requests).Query);
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Calls_tools(string path)
    {
        using var whole = await SendAsync($"{path}/v1beta/models/tool:generateContent", WithTools);
        using var streamed = await SendAsync($"{path}/v1beta/models/tool:streamGenerateContent?alt=sse", WithTools);

        var call = JsonNode.Parse(await whole.Content.ReadAsStringAsync())!["candidates"]![0]!["content"]!["parts"]![0]!["functionCall"]!;
        Assert.Equal("find", (string)call["name"]!);
        Assert.Contains(await EventsAsync(streamed), piece => (string?)piece["candidates"]![0]!["content"]!["parts"]![0]!["functionCall"]?["name"] == "find");
        Assert.All(_gateway.Provider.Requests, sent => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(WithTools), sent.Json)));
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Reads_errors(string path)
    {
        foreach (var (model, status, word) in ((string, int, string)[])[("refuses", 400, "INVALID_ARGUMENT"), ("nobody", 404, "NOT_FOUND")])
        {
            foreach (var action in (string[])["generateContent", "streamGenerateContent?alt=sse"])
            {
                using var answer = await SendAsync($"{path}/v1beta/models/{model}:{action}", Body);
                var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
                Assert.Equal((status, status, word), ((int)answer.StatusCode, (int)error["code"]!, (string)error["status"]!));
            }
        }

        using var broken = await SendAsync($"{path}/v1beta/models/breaks:streamGenerateContent?alt=sse", Body);
        var last = (await EventsAsync(broken))[^1];
        Assert.Equal((HttpStatusCode.OK, 502, "UNAVAILABLE"), (broken.StatusCode, (int)last["error"]!["code"]!, (string)last["error"]!["status"]!));
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Leaves_in_the_midst_of_a_stream(string path)
    {
        using (var answer = await SendAsync($"{path}/v1beta/models/stalls:streamGenerateContent?alt=sse", Body))
        {
            await using var stream = await answer.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await stream.ReadAsync(new byte[10]));
        }

        await Eventually.IsTrueAsync(() => _gateway.Provider.ClientsLeft == 1);
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Counts_and_embeds(string path)
    {
        using var counted = await SendAsync($"{path}/v1beta/models/gem:countTokens", """{"generateContentRequest":{"model":"models/gem","contents":[{"parts":[{"text":"one two three four five"}],"role":"user"}]}}""");
        using var embedded = await SendAsync($"{path}/v1beta/models/gem:embedContent", """{"model":"models/gem","content":{"parts":[{"text":"x"}]},"taskType":"RETRIEVAL_DOCUMENT","outputDimensionality":2}""");
        _gateway.Provider.Enqueue(new ScriptedProvider.Script { Body = """{"embeddings":[{"values":[0.5]}]}""" });
        using var several = await SendAsync($"{path}/v1beta/models/gem:batchEmbedContents", """{"requests":[{"model":"models/gem","content":{"parts":[{"text":"x"}]}}]}""");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (counted.StatusCode, embedded.StatusCode, several.StatusCode));
        var sent = _gateway.Provider.Requests.ToArray();
        Assert.Equal("models/echo", (string)sent[0].Json["generateContentRequest"]!["model"]!);
        Assert.Equal("models/echo", (string)sent[2].Json["requests"]![0]!["model"]!);
    }

    private Task<HttpResponseMessage> SendAsync(string path, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Add("x-goog-api-key", "AIza-client");
        request.Headers.Add("x-goog-api-client", "google-genai-sdk/1.30.0 gl-python/3.12");
        return _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<List<JsonNode>> EventsAsync(HttpResponseMessage answer)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var events = new List<JsonNode>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync())
        {
            events.Add(JsonNode.Parse(item.Data)!);
        }

        return events;
    }
}

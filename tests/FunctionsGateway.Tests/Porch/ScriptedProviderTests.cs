using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Porch;

public sealed class ScriptedProviderTests : IAsyncLifetime, IDisposable
{
    private ScriptedProviderServer _provider = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _provider = await ScriptedProviderServer.StartAsync();
        _client = new HttpClient { BaseAddress = _provider.Address, Timeout = TimeSpan.FromSeconds(10) };
    }

    public Task DisposeAsync() => _provider.DisposeAsync().AsTask();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Echoes_the_last_user_message()
    {
        var answer = await AskAsync("v1/chat/completions", Chat("gpt-x"));

        Assert.Equal("two words", (string?)answer["choices"]![0]!["message"]!["content"]);
        Assert.Equal("stop", (string?)answer["choices"]![0]!["finish_reason"]);
        Assert.Equal(4, (int)answer["usage"]!["total_tokens"]!);
    }

    [Fact]
    public async Task Streams_chat_with_usage_when_asked()
    {
        var chat = Chat("echo", stream: true);
        chat["stream_options"] = new JsonObject { ["include_usage"] = true };

        var events = await StreamAsync("v1/chat/completions", chat);

        Assert.Equal("[DONE]", events[^1]);
        Assert.Equal(4, (int)JsonNode.Parse(events[^2])!["usage"]!["total_tokens"]!);
        Assert.Equal("two words", string.Concat(events[..^2].Select(e => (string?)JsonNode.Parse(e)!["choices"]![0]!["delta"]!["content"])));
        Assert.Equal(5, (await StreamAsync("v1/chat/completions", Chat("echo", stream: true))).Count);
    }

    [Fact]
    public async Task Streams_as_many_chunks_as_the_script_says() =>
        Assert.Equal(64 + 3, (await StreamAsync("v1/chat/completions", Chat("chunks=64", stream: true))).Count);

    [Fact]
    public async Task Calls_a_tool_when_offered_one()
    {
        var chat = Chat("echo");
        chat["tools"] = new JsonArray(new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "weather" } });

        var answer = await AskAsync("v1/chat/completions", chat);

        Assert.Equal("weather", (string?)answer["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!["name"]);
        Assert.Equal("tool_calls", (string?)answer["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public async Task Speaks_the_other_operations_of_OpenAI()
    {
        Assert.Equal("hi", (string?)(await AskAsync("v1/completions", new() { ["model"] = "m", ["prompt"] = "hi" }))["choices"]![0]!["text"]);
        Assert.Equal(2, (await AskAsync("v1/embeddings", new() { ["model"] = "m", ["input"] = new JsonArray("a", "b") }))["data"]!.AsArray().Count);
        Assert.Single((await AskAsync("v1/embeddings", new() { ["model"] = "m", ["input"] = new JsonArray(1, 2) }))["data"]!.AsArray());
        Assert.Equal("hi", (string?)(await AskAsync("v1/responses", new() { ["model"] = "m", ["input"] = "hi" }))["output"]![0]!["content"]![0]!["text"]);
        Assert.NotNull((await _client.GetFromJsonAsync<JsonObject>("v1/models"))!["data"]);
        var events = await StreamAsync("v1/responses", new() { ["model"] = "m", ["input"] = "hi", ["stream"] = true });
        Assert.Equal("response.completed", (string?)JsonNode.Parse(events[^1])!["type"]);
    }

    [Fact]
    public async Task Speaks_Anthropic()
    {
        var answer = await AskAsync("v1/messages", Chat("claude"));
        var events = await StreamAsync("v1/messages", Chat("claude", stream: true));

        Assert.Equal("two words", (string?)answer["content"]![0]!["text"]);
        Assert.Equal("message_stop", (string?)JsonNode.Parse(events[^1])!["type"]);
        Assert.Equal(2, (int)(await AskAsync("v1/messages/count_tokens", Chat("claude")))["input_tokens"]!);
        Assert.Equal("hi", (string?)(await AskAsync("v1/complete", new() { ["model"] = "c", ["prompt"] = "hi" }))["completion"]);
    }

    [Fact]
    public async Task Speaks_MLflow_serving()
    {
        Assert.Equal("[\"a\",\"b\"]", (await AskAsync("invocations", new() { ["inputs"] = new JsonArray("a", "b") }))["predictions"]!.ToJsonString());
        Assert.Equal(8, (await AskAsync("embeddings/invocations", new() { ["inputs"] = new JsonArray("a") }))["predictions"]![0]!.AsArray().Count);
    }

    [Fact]
    public async Task Answers_the_scripted_status_so_many_times()
    {
        var chat = Chat("status=429,retry-after=2,times=1");

        using var first = await _client.PostAsJsonAsync("v1/chat/completions", chat);
        using var second = await _client.PostAsJsonAsync("v1/chat/completions", chat);

        Assert.Equal(HttpStatusCode.TooManyRequests, first.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), first.Headers.RetryAfter?.Delta);
        Assert.Contains("rate_limit_error", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task Plays_queued_scripts_first_and_remembers_requests()
    {
        _provider.Enqueue(new Script { Status = 503, Body = "gone", ContentType = "text/plain" });

        using var first = await _client.PostAsJsonAsync("v1/chat/completions?api-version=1", Chat("echo"));
        await AskAsync("v1/chat/completions", Chat("echo"));

        Assert.Equal("gone", await first.Content.ReadAsStringAsync());
        Assert.Equal(["?api-version=1", ""], _provider.Requests.Select(r => r.Query));
        Assert.Equal("echo", (string?)_provider.Requests.First().Json["model"]);
    }

    [Fact]
    public async Task Reflects_what_it_received()
    {
        var answer = await AskAsync("v1/chat/completions", Chat("reflect"));

        var seen = JsonNode.Parse((string)answer["choices"]![0]!["message"]!["content"]!)!;
        Assert.Equal("reflect", (string?)seen["body"]!["model"]);
        Assert.NotNull(seen["headers"]!["Host"]);
    }

    [Theory]
    [InlineData("cut=0")]
    [InlineData("cut-inside=0")]
    public async Task Breaks_unary_answers(string script) =>
        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("v1/chat/completions", Chat(script)));

    [Fact]
    public async Task Breaks_streams_between_and_inside_events()
    {
        Assert.Equal((2, false, false), await ReadBrokenAsync("cut=2"));
        Assert.Equal((2, true, false), await ReadBrokenAsync("cut-inside=2"));
        Assert.Equal((2, false, true), await ReadBrokenAsync("end=2"));
        Assert.Equal((3, false, true), await ReadBrokenAsync("error-event=2"));
    }

    [Fact]
    public async Task Sends_an_event_that_is_not_JSON()
    {
        var events = await StreamAsync("v1/chat/completions", Chat("malformed=1", stream: true));

        Assert.ThrowsAny<System.Text.Json.JsonException>(() => JsonNode.Parse(events[1]));
    }

    [Fact]
    public async Task Stalls_until_the_client_leaves()
    {
        using var leave = new CancellationTokenSource();
        var reading = StreamAsync("v1/chat/completions", Chat("stall=2", stream: true), leave.Token);
        await Eventually.IsTrueAsync(() => _provider.Active == 1);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await Eventually.IsTrueAsync(() => _provider.Active == 0);
        Assert.Equal(1, _provider.ClientsLeft);
    }

    private static JsonObject Chat(string model, bool stream = false) => new()
    {
        ["model"] = model,
        ["messages"] = new JsonArray(
            new JsonObject { ["role"] = "user", ["content"] = "no" },
            new JsonObject { ["role"] = "assistant", ["content"] = "never" },
            new JsonObject { ["role"] = "user", ["content"] = "two words" }),
        ["stream"] = stream,
    };

    private async Task<JsonObject> AskAsync(string path, JsonObject body)
    {
        using var answer = await _client.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    private async Task<List<string>> StreamAsync(string path, JsonObject body, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return [.. text.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l["data: ".Length..])];
    }

    private async Task<(int Events, bool HasHalf, bool EndedWell)> ReadBrokenAsync(string script)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(Chat(script, stream: true)) };
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var received = new MemoryStream();
        var endedWell = true;
        try
        {
            await body.CopyToAsync(received);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            endedWell = false;
        }

        var parts = System.Text.Encoding.UTF8.GetString(received.ToArray()).Split("\n\n");
        return (parts.Length - 1, parts[^1].Length > 0, endedWell);
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>A response that continues another goes where that one was made, on whichever surface, instance or draw.</summary>
public sealed class ResponsePinTests : IAsyncLifetime
{
    private GatewayUnderTest _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync();
        await _gateway.AddRouteAsync(Route("r", _gateway.Target("a"), _gateway.Target("b"), _gateway.Target("c") with { IsFallback = true }));
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    private static GatewayRoute Route(string name, params Target[] targets) => new() { Name = name, Id = "e-" + name, Targets = targets, IsSplit = true, FallbackAttempts = 0 };

    [Theory]
    [InlineData("/v1/responses", false)]
    [InlineData("/gateway/openai/v1/responses", false)]
    [InlineData("/openai/v1/responses", true)]
    public async Task Continues_at_the_target_that_answered(string path, bool streams)
    {
        var targets = new HashSet<string>();
        for (var i = 0; i < 24; i++)
        {
            var id = await AskAsync(path, streams, previous: null);
            var made = _gateway.Provider.Requests.Last();
            for (var turn = 0; turn < 3; turn++)
            {
                id = await AskAsync(path, streams, id);
                var sent = _gateway.Provider.Requests.Last();
                Assert.Equal(((string)made.Json["model"]!, "resp_1"), ((string)sent.Json["model"]!, (string)sent.Json["previous_response_id"]!));
            }

            targets.Add((string)made.Json["model"]!);
        }

        Assert.Equal(["a", "b"], targets.Order());
    }

    [Fact]
    public async Task Never_falls_back_to_a_target_that_does_not_know_the_response()
    {
        await _gateway.AddRouteAsync(Route("dying", _gateway.Target("status=500"), _gateway.Target("echo") with { IsFallback = true }));
        var id = await AskAsync("/v1/responses", streams: false, previous: null, "dying");
        var mark = id[^10..];
        _gateway.Provider.Clear();

        Assert.Equal(200, (await _gateway.AskAsync("/v1/responses", Body("dying", false, "resp_1" + mark))).Status);
        Assert.All(_gateway.Provider.Requests, sent => Assert.Equal("echo", (string)sent.Json["model"]!));
        // Without a mark it was made by the first, whose failure is then the answer.
        Assert.Equal(500, (await _gateway.AskAsync("/v1/responses", Body("dying", false, "resp_1"))).Status);
    }

    [Fact]
    public async Task Says_that_the_model_is_gone()
    {
        var (status, body) = await _gateway.AskAsync("/v1/responses", Body("r", false, "resp_1-t00000000"));

        Assert.Equal((400, "previous_response_not_found", "previous_response_id"),
            (status, (string)JsonNode.Parse(body)!["error"]!["code"]!, (string)JsonNode.Parse(body)!["error"]!["param"]!));
        Assert.Empty(_gateway.Provider.Requests);
    }

    [Fact]
    public async Task Compacts_where_the_response_was_made()
    {
        for (var i = 0; i < 8; i++)
        {
            var id = await AskAsync("/v1/responses", streams: false, previous: null);
            var made = (string)_gateway.Provider.Requests.Last().Json["model"]!;
            _gateway.Provider.Enqueue(new Script { Body = "{}" });

            Assert.Equal(200, (await _gateway.AskAsync("/v1/responses/compact", $$"""{"model":"r","previous_response_id":"{{id}}"}""")).Status);

            var sent = _gateway.Provider.Requests.Last();
            Assert.Equal((made, "resp_1"), ((string)sent.Json["model"]!, (string)sent.Json["previous_response_id"]!));
        }
    }

    [Fact]
    public async Task Changes_no_byte_where_there_is_one_target()
    {
        await _gateway.AddRouteAsync("one", null);
        const string Answer = """{"id": "resp_x","previous_response_id": "resp_w","response": {"id":"y"}}""";
        _gateway.Provider.Enqueue(new Script { Body = Answer });

        Assert.Equal((200, Answer), await _gateway.AskAsync("/v1/responses", Body("one", false, "resp_w")));
        Assert.Equal("resp_w", (string)_gateway.Provider.Requests.Last().Json["previous_response_id"]!);
    }

    [Fact]
    public async Task Changes_nothing_but_the_identifiers_of_responses()
    {
        const string Answer = """{"id": "resp_x","output":[{"id":"msg_1"}],"previous_response_id":null, "new":1.50}""";
        _gateway.Provider.Enqueue(new Script { Body = Answer });

        var (_, body) = await _gateway.AskAsync("/v1/responses", Body("r", false, null));

        var id = (string)JsonNode.Parse(body)!["id"]!;
        Assert.Matches("^resp_x-t[0-9a-f]{8}$", id);
        Assert.Equal(Answer, body.Replace(id, "resp_x", StringComparison.Ordinal));
    }

    private static string Body(string route, bool streams, string? previous) =>
        $$"""{"model":"{{route}}","input":"hi there"{{(streams ? ",\"stream\":true" : "")}}{{(previous is null ? "" : $",\"previous_response_id\":\"{previous}\"")}}}""";

    // The response's identifier, as a client reads it.
    private async Task<string> AskAsync(string path, bool streams, string? previous, string route = "r")
    {
        var (status, text) = await _gateway.AskAsync(path, Body(route, streams, previous));
        Assert.True(status == 200, text);
        if (!streams)
        {
            return (string)JsonNode.Parse(text)!["id"]!;
        }

        var ids = text.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal))
            .Select(line => (string?)JsonNode.Parse(line[6..])!["response"]?["id"]).OfType<string>().Distinct().ToArray();
        return Assert.Single(ids);
    }
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>Every operation that a provider offers is backed by fixtures of every kind, its own or its family's. A kind is told by what stands in a
/// fixture's files, never by the fixture's name; a family's fixtures count for a member because <see cref="FixtureTests"/> runs them as the member's.</summary>
public sealed class CoverageTests
{
    private static readonly ILookup<(string, string), Fixture> ByOperation = Fixture.All.ToLookup(fixture => (fixture.Provider, fixture.Operation));

    private static readonly Dictionary<string, Func<Fixture, bool>> Kinds = new()
    {
        ["request"] = fixture => fixture.Has("request.json") && fixture.Has("provider-request.json"),
        ["answer"] = fixture => fixture.Has("provider-response.json") && fixture.Has("response.json"),
        ["error"] = fixture => fixture.Has("provider-response.json") && fixture.Read("error.json")?["provider_status"]?.GetValue<int>() >= 400,
        ["unknown fields sent"] = fixture => fixture.Read("request.json") is { } request && fixture.Read("provider-request.json") is { } sent
            && request.Any(member => IsUnknown(member.Key) && Finds(sent, member.Key, member.Value)),
        ["unknown fields answered"] = fixture => fixture.Read("provider-response.json") is { } answer && fixture.Read("response.json") is { } unified
            && answer.Any(member => IsUnknown(member.Key) && Finds(unified, member.Key, member.Value)),
        ["stream"] = fixture => fixture.IsStream && Choices(fixture).Any(choice => choice["finish_reason"] is not null)
            && Choices(fixture).Any(choice => (choice["delta"]?["content"] ?? choice["text"]) is JsonValue text && text.GetValue<string>().Length > 0),
        ["stream that fails"] = fixture => fixture.IsStream && fixture.Has("error.json"),
        ["tools"] = fixture => fixture.Read("request.json")?["tools"] is JsonArray { Count: > 0 } && fixture.Has("provider-request.json")
            && Calls(fixture.Read("response.json")).Any(IsWhole),
        ["tool results"] = fixture => fixture.Has("provider-request.json")
            && fixture.Read("request.json")?["messages"]?.AsArray().Any(message => message?["role"]?.GetValue<string>() is "tool") == true,
        ["streamed tools"] = fixture => fixture.IsStream && Assembled(fixture).Any(IsWhole),
        ["parallel tools"] = fixture => Calls(fixture.Read("response.json")).Count(IsWhole) > 1,
        ["cap"] = fixture => fixture.Read("request.json")?["max_completion_tokens"] is { } cap && fixture.Read("provider-request.json") is { } sent
            && Values(sent).Any(value => JsonNode.DeepEquals(value, cap)),
        ["stop"] = fixture => fixture.Read("request.json")?["stop"] is { } stop && fixture.Read("provider-request.json") is { } sent
            && Texts(stop).All(word => Values(sent).Any(value => Texts(value).Contains(word))),
        ["several answers"] = fixture => fixture.Read("request.json")?["n"]?.GetValue<int>() > 1 && fixture.Has("provider-request.json")
            && fixture.Read("response.json")?["choices"] is JsonArray { Count: > 1 },
        ["streamed several answers"] = fixture => fixture.IsStream && fixture.Call.Choices > 1
            && Choices(fixture).Where(choice => choice["finish_reason"] is not null).Select(choice => choice["index"]!.GetValue<int>()).Distinct().Count() == fixture.Call.Choices,
        ["system prompt"] = fixture => fixture.Read("provider-request.json") is { } sent
            && Messages(fixture).Any(message => message["role"]?.GetValue<string>() is "system" or "developer" && Texts(message["content"]).All(text => Holds(sent, text))),
        ["image"] = fixture => fixture.Read("provider-request.json") is { } sent
            && Parts(fixture).Any(part => part["image_url"]?["url"]?.GetValue<string>() is { } address && Holds(sent, address[(address.IndexOf(',', StringComparison.Ordinal) + 1)..])),
        ["JSON schema"] = fixture => fixture.Read("request.json")?["response_format"]?["json_schema"]?["schema"] is { } schema && fixture.Read("provider-request.json") is { } sent
            && Values(sent).Any(value => JsonNode.DeepEquals(value, schema) || (value is JsonValue && value.ToString() == schema.ToJsonString())),
        ["cached tokens"] = fixture => fixture.Read("response.json")?["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.GetValue<int>() > 0,
        ["reasoning tokens"] = fixture => fixture.Read("response.json")?["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.GetValue<int>() > 0,
        ["reasoning"] = fixture => (fixture.Read("response.json")?["choices"] as JsonArray ?? []).Any(choice => choice!["message"]?["reasoning_content"]?.GetValue<string>() is { Length: > 0 }),
        ["streamed reasoning"] = fixture => fixture.IsStream && Choices(fixture).Any(choice => choice["delta"]?["reasoning_content"]?.GetValue<string>() is { Length: > 0 }),
        ["unknown fields of messages"] = fixture => fixture.Read("provider-request.json") is { } sent
            && Messages(fixture).Any(message => message.Any(member => IsStrange(member.Key) && Finds(sent, member.Key, member.Value))),
        ["unknown fields of parts"] = fixture => fixture.Read("provider-request.json") is { } sent
            && Parts(fixture).Any(part => part.Any(member => IsStrange(member.Key) && Finds(sent, member.Key, member.Value))),
        ["unknown fields of choices"] = fixture => fixture.Read("provider-response.json") is { } answer && fixture.Read("response.json") is { } unified
            && Values(unified["choices"]).OfType<JsonObject>().Any(inner => inner.Any(member => IsStrange(member.Key) && Finds(answer, member.Key, member.Value))),
    };

    private static readonly string[] OfChatAlone =
    [
        "tools", "tool results", "streamed tools", "parallel tools", "system prompt", "image", "JSON schema", "cached tokens", "reasoning tokens", "reasoning",
        "streamed reasoning", "unknown fields of messages", "unknown fields of parts",
    ];

    /// <summary>What a provider has not, and why; all else it has, and a fixture shows it.</summary>
    private static readonly (string Provider, string Operation, string[] Kinds, string Reason)[] NotOffered =
    [
        ("ai21labs", "chat", ["image"], "Jamba reads text"),
        ("ai21labs", "chat", ["JSON schema"], "Jamba knows json_object alone (docs.ai21.com, response_format)"),
        ("ai21labs", "chat", ["reasoning", "streamed reasoning", "reasoning tokens", "cached tokens"], "Jamba neither thinks aloud nor counts thoughts or caches"),
        ("anthropic", "chat", ["several answers", "streamed several answers"], "Claude gives one answer; any other number is refused"),
        ("anthropic", "completions", ["several answers", "streamed several answers"], "as above"),
        ("bedrock", "chat", ["several answers", "streamed several answers"], "Converse gives one answer; any other number is refused"),
        ("bedrock", "chat", ["reasoning tokens"], "Converse does not count them apart"),
        ("bedrock", "chat", ["unknown fields of messages"], "Converse refuses what it does not know beside role and content"),
        ("cohere", "chat", ["several answers", "streamed several answers"], "Cohere's chat gives one answer; any other number is refused"),
        ("cohere", "chat", ["reasoning tokens"], "Cohere does not count them apart"),
        ("gemini", "chat", ["unknown fields of messages"], "Gemini refuses what it does not know beside role and parts"),
        ("palm", "chat", ["unknown fields of messages"], "as Gemini"),
        ("huggingface-text-generation-inference", "completions", ["several answers", "streamed several answers"], "generate gives one text; any other number is refused"),
        ("huggingface-text-generation-inference", "completions", ["unknown fields of choices"], "an answer is one text, and what stands beside it stands beside the choices"),
        ("mlflow-model-serving", "completions", ["unknown fields of choices"], "predictions are texts, beside which nothing can stand"),
        ("mosaicml", "chat", ["tools", "tool results", "parallel tools"], "Llama 2's prompt has no place for tools: a request that offers some is refused, and so is the role"),
        ("mosaicml", "chat", ["image"], "Llama 2 reads text: a request with an image is refused"),
        ("mosaicml", "chat", ["JSON schema"], "the server has no such parameter"),
        ("mosaicml", "chat", ["reasoning", "reasoning tokens", "cached tokens"], "the server answers with a text alone"),
        ("mosaicml", "chat", ["several answers"], "one prompt has one output"),
        ("mosaicml", "completions", ["several answers"], "as above"),
        ("mosaicml", "chat", ["unknown fields of messages", "unknown fields of parts"], "messages become one prompt"),
        ("mosaicml", "chat", ["unknown fields of choices"], "outputs are texts, beside which nothing can stand"),
        ("mosaicml", "completions", ["unknown fields of choices"], "as above"),
    ];

    public static IEnumerable<object[]> Cells =>
        from provider in ProviderCatalog.All
        from name in new[] { "chat", "completions", "embeddings" }
        let operation = ProviderDocs.OperationOf(provider, name)
        where operation is not null
        from kind in Kinds.Keys
        where operation.Stream is not null || !kind.StartsWith("stream", StringComparison.Ordinal)
        where name is "chat" || !OfChatAlone.Contains(kind)
        where name is not "embeddings" || kind is not ("cap" or "stop" or "several answers" or "streamed several answers" or "unknown fields of choices")
        where !NotOffered.Any(cell => cell.Kinds.Contains(kind) && cell.Provider == provider.Name && cell.Operation == name)
        select new object[] { provider.Name, name, kind };

    [Theory]
    [MemberData(nameof(Cells))]
    public void Has_a_fixture_of_every_kind(string provider, string operation, string kind) =>
        Assert.Contains(ByOperation[(provider, operation)], fixture => Kinds[kind](fixture));

    [Fact]
    public void Runs_every_fixture_that_counts()
    {
        var run = FixtureTests.Fixtures.Select(row => (row[0], row[1], row[2])).ToHashSet();
        Assert.All(ByOperation.SelectMany(group => group), fixture => Assert.Contains((fixture.Provider, fixture.Family, fixture.Name), run));
    }

    [Fact]
    public void Exempts_nothing_that_can_be_shown() => Assert.All(NotOffered, cell =>
    {
        Assert.NotEmpty(cell.Reason);
        Assert.All(cell.Kinds, kind => Assert.DoesNotContain(ByOperation[(cell.Provider, cell.Operation)], fixture => Kinds[kind](fixture)));
    });

    [Fact]
    public void Has_no_fixture_without_a_provider() => Assert.All(Fixture.All, fixture => Assert.Equal(fixture.Provider, fixture.Subject.Name));

    // What the unified schemas name; the gateway knows nothing of any other member.
    private static bool IsUnknown(string name) => name is not ("messages" or "prompt" or "input" or "stream" or "stream_options" or "temperature" or "top_p" or "top_k"
        or "presence_penalty" or "frequency_penalty" or "n" or "stop" or "max_tokens" or "max_completion_tokens" or "response_format" or "tools" or "tool_choice"
        or "parallel_tool_calls" or "seed" or "user" or "reasoning_effort" or "encoding_format" or "dimensions"
        or "id" or "object" or "created" or "model" or "choices" or "usage" or "data");

    // A name that no provider has today: fixtures write what is yet to come so.
    private static bool IsStrange(string name) => name.StartsWith("future", StringComparison.Ordinal) || name.StartsWith("x_", StringComparison.Ordinal);

    private static IEnumerable<JsonObject> Messages(Fixture fixture) => (fixture.Read("request.json")?["messages"] as JsonArray ?? []).OfType<JsonObject>();

    private static IEnumerable<JsonObject> Parts(Fixture fixture) => Messages(fixture).SelectMany(message => message["content"] as JsonArray ?? []).OfType<JsonObject>();

    // The node and all that are in it.
    private static IEnumerable<JsonNode> Values(JsonNode? node) => node switch
    {
        null => [],
        JsonObject json => json.SelectMany(member => Values(member.Value)).Prepend(json),
        JsonArray list => list.SelectMany(Values).Prepend(list),
        _ => [node],
    };

    // The text, or the texts in it that are not names of kinds.
    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonArray list => list.SelectMany(item => Texts(item is JsonObject part ? part["text"] : item)),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => [],
    };

    private static bool Holds(JsonNode sent, string text) => Values(sent).OfType<JsonValue>().Any(value => value.TryGetValue(out string? word) && word.Contains(text, StringComparison.Ordinal));

    private static bool Finds(JsonNode? node, string name, JsonNode? value) => node switch
    {
        JsonObject json => (json.ContainsKey(name) && JsonNode.DeepEquals(json[name], value)) || json.Any(member => Finds(member.Value, name, value)),
        JsonArray list => list.Any(item => Finds(item, name, value)),
        _ => false,
    };

    private static IEnumerable<JsonNode> Choices(Fixture fixture) => fixture.Has("chunks.json")
        ? JsonNode.Parse(fixture.Bytes("chunks.json"))!.AsArray().SelectMany(chunk => chunk!["choices"]!.AsArray()).OfType<JsonNode>()
        : [];

    private static IEnumerable<JsonNode> Calls(JsonObject? answer) =>
        (answer?["choices"] as JsonArray ?? []).SelectMany(choice => choice!["message"]?["tool_calls"] as JsonArray ?? []).OfType<JsonNode>();

    // As a client puts the pieces together.
    private static IEnumerable<JsonNode> Assembled(Fixture fixture) => Choices(fixture)
        .SelectMany(choice => choice["delta"]?["tool_calls"] as JsonArray ?? []).OfType<JsonNode>()
        .GroupBy(call => call["index"]!.GetValue<int>())
        .Select(pieces => new JsonObject
        {
            ["id"] = pieces.Select(piece => piece["id"]).FirstOrDefault(id => id is not null)?.DeepClone(),
            ["function"] = new JsonObject
            {
                ["name"] = pieces.Select(piece => piece["function"]?["name"]).FirstOrDefault(name => name is not null)?.DeepClone(),
                ["arguments"] = string.Concat(pieces.Select(piece => piece["function"]?["arguments"]?.GetValue<string>())),
            },
        });

    private static bool IsWhole(JsonNode call) => call["id"] is JsonValue && call["function"]?["name"] is JsonValue
        && JsonNode.Parse(call["function"]!["arguments"]!.GetValue<string>()) is JsonObject;
}

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
    };

    /// <summary>What cannot be shown, and why.</summary>
    private static readonly (string Provider, string Operation, string Kind, string Reason)[] DoesNotApply =
    [
        ("mosaicml", "chat", "tools", "Llama 2's prompt has no place for tools: a request that offers some is refused"),
        ("mosaicml", "chat", "tool results", "as above: the role is refused"),
        ("mosaicml", "chat", "parallel tools", "as above"),
    ];

    public static IEnumerable<object[]> Cells =>
        from provider in ProviderCatalog.All
        from name in new[] { "chat", "completions", "embeddings" }
        let operation = ProviderDocs.OperationOf(provider, name)
        where operation is not null
        from kind in Kinds.Keys
        where operation.Stream is not null || !kind.StartsWith("stream", StringComparison.Ordinal)
        where name is "chat" || !kind.Contains("tool", StringComparison.Ordinal)
        where !DoesNotApply.Any(cell => cell.Kind == kind && cell.Provider == provider.Name && cell.Operation == name)
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
    public void Exempts_nothing_that_can_be_shown() => Assert.All(DoesNotApply, cell =>
    {
        Assert.NotEmpty(cell.Reason);
        Assert.DoesNotContain(ByOperation[(cell.Provider, cell.Operation)], fixture => Kinds[cell.Kind](fixture));
    });

    [Fact]
    public void Has_no_fixture_without_a_provider() => Assert.All(Fixture.All, fixture => Assert.Equal(fixture.Provider, fixture.Subject.Name));

    // What the unified schemas name; the gateway knows nothing of any other member.
    private static bool IsUnknown(string name) => name is not ("messages" or "prompt" or "input" or "stream" or "stream_options" or "temperature" or "top_p" or "top_k"
        or "presence_penalty" or "frequency_penalty" or "n" or "stop" or "max_tokens" or "max_completion_tokens" or "response_format" or "tools" or "tool_choice"
        or "parallel_tool_calls" or "seed" or "user" or "reasoning_effort" or "encoding_format" or "dimensions"
        or "id" or "object" or "created" or "model" or "choices" or "usage" or "data");

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

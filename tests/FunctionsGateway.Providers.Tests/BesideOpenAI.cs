using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>The members of answers that OpenAI's shape does not have: which providers give them, and which take them back, as the fixtures and the translations show.</summary>
internal static class BesideOpenAI
{
    /// <summary>What each member holds.</summary>
    public static readonly (string Name, string Meaning)[] Members =
    [
        ("native_finish_reason", "the provider's own word for why the answer ended"),
        ("stop_sequence", "the sequence at which the model stopped"),
        ("reasoning_content", "the model's thoughts as text"),
        ("reasoning", "the same under the provider's own name"),
        ("reasoning_details", "the same in the provider's own parts, with signatures"),
        ("thinking_blocks", "Claude's thoughts with their signatures, which it wants while tools are used"),
        ("thought_signature", "Gemini's signature of a text or a call, which it wants of calls"),
        ("native_parts", "pictures that a model made, references, files, signatures, traces of tools that the provider ran, what is not yet known; parts that stood in the text tell their `offset` in it"),
        ("citations", "sources in the provider's own form"),
        ("annotations", "pages of the web, as OpenAI has them"),
        ("tool_plan", "what the model means to do with its tools"),
    ];

    private static readonly (string Name, Func<JsonObject, IEnumerable<JsonObject?>> In)[] Places =
    [
        ("choice", choice => [choice]),
        ("message", choice => [choice["message"] as JsonObject]),
        ("delta", choice => [choice["delta"] as JsonObject]),
        ("tool call", choice => (choice["message"]?["tool_calls"] as JsonArray ?? choice["delta"]?["tool_calls"] as JsonArray ?? []).OfType<JsonObject>()),
    ];

    // Fixtures of unknown fields show names that were made up for them.
    private static readonly Fixture[] Chats = [.. Fixture.All.Where(fixture => fixture.Operation == "chat" && !fixture.IsGuest && !fixture.Name.Contains("unknown", StringComparison.Ordinal))];

    private static readonly (string Provider, JsonObject Choice)[] Choices =
    [
        .. from fixture in Chats
           from answer in new JsonNode?[] { fixture.Read("response.json") }.Concat(fixture.Has("chunks.json") ? JsonNode.Parse(fixture.Bytes("chunks.json"))!.AsArray() : [])
           from choice in answer?["choices"]?.AsArray() ?? []
           select (fixture.Provider, choice!.AsObject()),
    ];

    // Every answered message, and one as each that came while a tool was used.
    private static readonly JsonObject[] Messages =
    [
        .. from one in Choices
           where one.Choice["message"] is JsonObject
           let message = (JsonObject)one.Choice["message"]!
           from used in new[] { message, WithCall(message) }
           select used,
    ];

    private static readonly Lazy<Dictionary<string, string[]>> Takers =
        new(() => Members.ToDictionary(member => member.Name, member => ProviderCatalog.All.Where(provider => provider.Chat is not null && TakesBack(provider, member.Name)).Select(provider => provider.Name).ToArray()));

    /// <summary>Where in an answer the member was seen.</summary>
    public static IEnumerable<string> PlacesOf(string member) => Places.Where(place => Choices.Any(one => Has(place.In(one.Choice), member))).Select(place => place.Name);

    /// <summary>Whose answers hold the member.</summary>
    public static IEnumerable<string> GivenBy(string member) =>
        Choices.Where(one => Places.Any(place => Has(place.In(one.Choice), member))).Select(one => one.Provider).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Whose requests are others when a message that comes back holds the member.</summary>
    public static IEnumerable<string> TakenBackBy(string member) => Takers.Value[member];

    private static bool TakesBack(Provider provider, string member) =>
        (from call in Chats.Where(fixture => fixture.Provider == provider.Name).Select(fixture => fixture.Call).DistinctBy(call => call.Model + call.Config.ToJsonString())
         from message in Messages
         where Without(message, member) is var without && !JsonNode.DeepEquals(without, message) && Sent(provider, call, message) is { } body && Sent(provider, call, without) != body
         select message).Any();

    private static string? Sent(Provider provider, ProviderCall call, JsonObject message)
    {
        var results = (message["tool_calls"] as JsonArray ?? []).Select(one => new JsonObject { ["role"] = "tool", ["tool_call_id"] = one!["id"]?.DeepClone(), ["content"] = "4" });
        try
        {
            return provider.Chat!.Request(new() { ["messages"] = new JsonArray([new JsonObject { ["role"] = "user", ["content"] = "Hi" }, message.DeepClone(), .. results]) }, call with { Stream = false }).ToJsonString();
        }
        catch (TranslationException)
        {
            return null;
        }
    }

    private static JsonObject WithCall(JsonObject message)
    {
        var used = message.DeepClone().AsObject();
        used["tool_calls"] ??= JsonNode.Parse("""[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]""");
        return used;
    }

    private static JsonObject Without(JsonObject message, string member)
    {
        var without = message.DeepClone().AsObject();
        without.Remove(member);
        foreach (var call in (without["tool_calls"] as JsonArray ?? []).OfType<JsonObject>())
        {
            call.Remove(member);
        }

        return without;
    }

    private static bool Has(IEnumerable<JsonObject?> places, string member) => places.Any(place => place?[member] is not null);
}

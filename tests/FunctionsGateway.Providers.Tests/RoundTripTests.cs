using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>A client sends the assistant's message back as it got it, to whichever provider answers next: none gets a member that it would refuse.</summary>
public sealed class RoundTripTests
{
    // openai-node 6 ChatCompletionAssistantMessageParam.
    private static readonly string[] OpenAIs = ["role", "content", "refusal", "name", "audio", "tool_calls", "function_call"];

    /// <summary>What the providers of OpenAI's shape take in an assistant's message, where that is not OpenAI's own.</summary>
    private static readonly Dictionary<string, string[]> Taken = new()
    {
        // mistralai 1.9 AssistantMessage, groq-sdk 1.6 ChatCompletionAssistantMessageParam, api-docs.deepseek.com "Thinking Mode", openrouter.ai/docs "Reasoning Tokens" and "PDF Inputs".
        ["openai"] = [.. OpenAIs, "annotations"],
        ["azure"] = [.. OpenAIs, "annotations"],
        ["azuread"] = [.. OpenAIs, "annotations"],
        ["mistral"] = ["role", "content", "tool_calls", "prefix"],
        ["groq"] = ["role", "content", "tool_calls", "function_call", "reasoning"],
        ["deepseek"] = [.. OpenAIs, "reasoning_content", "prefix"],
        ["openrouter"] = [.. OpenAIs, "reasoning", "reasoning_content", "reasoning_details", "annotations"],
        ["ollama"] = [.. OpenAIs, "reasoning"],
        ["fireworks"] = [.. OpenAIs, "reasoning_content"],
        ["openai-compatible"] = [.. OpenAIs, "reasoning_content", "reasoning"],
    };

    private static readonly string[] Own =
        ["reasoning_content", "thinking_blocks", "native_parts", "thought_signature", "annotations", "reasoning_details", "native_finish_reason", "offset", "part", "reasoning", "citations"];

    // The vocabulary of Cohere has words of its own for some of them.
    private static readonly Dictionary<string, string[]> AlsoTaken = new() { ["cohere"] = ["citations", "tool_plan"] };

    /// <summary>Every message that a fixture's answer holds, and one with every member that there is.</summary>
    private static readonly JsonObject[] Messages =
    [
        .. from fixture in Fixture.All
           where fixture.Operation == "chat" && !fixture.IsGuest && fixture.Has("response.json") && !fixture.Name.Contains("unknown", StringComparison.Ordinal) // names that were made up, and go on as a client's own do
           from choice in fixture.Read("response.json")!["choices"]!.AsArray()
           select (JsonObject)choice!["message"]!,
        (JsonObject)JsonNode.Parse("""
            {"role":"assistant","content":"Hi","refusal":null,"tool_calls":null,"function_call":null,"audio":null,"reasoning_content":"hm","reasoning":"hm","reasoning_details":[{}],
             "thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"}],"native_parts":[{"provider":"other","offset":0,"part":{"type":"reference","reference_ids":[1]}}],
             "thought_signature":"s","citations":[{"start":0}],"annotations":[{"type":"url_citation"}],"tool_plan":"look"}
            """)!,
        (JsonObject)JsonNode.Parse("""
            {"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm",
             "tool_calls":[{"id":"c1","type":"function","thought_signature":"s","function":{"name":"f","arguments":"{}"}}]}
            """)!,
    ];

    public static IEnumerable<object[]> Names => ProviderCatalog.All.Where(provider => provider.Chat is not null).Select(provider => new object[] { provider.Name });

    [Theory]
    [MemberData(nameof(Names))]
    public void Sends_no_member_that_the_provider_would_refuse(string name)
    {
        Assert.True(Messages.Length > 40);
        var provider = ProviderCatalog.Find(name)!;
        var speaksOpenAIs = provider.Native.ContainsKey(NativeApi.OpenAIChat) || name is "mistral";
        foreach (var message in Messages)
        {
            if (Sent(provider, message) is not { } body)
            {
                continue;
            }

            var names = speaksOpenAIs && name is not "vertex_ai"
                ? body["messages"]!.AsArray().OfType<JsonObject>().Where(one => one["role"]!.GetValue<string>() == "assistant")
                    .SelectMany(one => one).Select(member => member.Value is null && member.Key != "content" ? $"{member.Key}: null" : member.Key)
                    .Except(Taken.GetValueOrDefault(name, OpenAIs)).ToArray()
                : [];
            Assert.True(names.Length == 0, $"{name} was sent {string.Join(", ", names)} for {message.ToJsonString()}");
            var own = Members(body).Intersect(Own).Except(Taken.GetValueOrDefault(name, [])).Except(AlsoTaken.GetValueOrDefault(name, [])).ToArray();
            Assert.True(own.Length == 0, $"{name} was sent {string.Join(", ", own)} for {message.ToJsonString()}: {body.ToJsonString()}");
        }
    }

    [Fact]
    public void Gives_Mistral_its_thoughts_and_references_back_in_their_places()
    {
        var content = JsonNode.Parse("""
            [{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"See "},{"type":"reference","reference_ids":[1,2]},{"type":"text","text":" and on."}]
            """)!;
        var message = Answered("mistral", content);

        Assert.Equal(("See  and on.", "hm"), (message["content"]!.GetValue<string>(), message["reasoning_content"]!.GetValue<string>()));
        AssertSame(content, Sent(ProviderCatalog.Find("mistral")!, message)!["messages"]![1]!["content"]!);
    }

    [Fact]
    public void Gives_Databricks_its_signatures_back()
    {
        var content = JsonNode.Parse("""
            [{"type":"reasoning","summary":[{"type":"summary_text","text":"hm","signature":"s"}]},{"type":"text","text":"Hello"},{"type":"text","text":"you","citations":[{"url":"https://x"}]},{"type":"file","file_id":"f"}]
            """)!;
        var message = Answered("databricks", content);

        Assert.Equal(("Hello\nyou", "hm"), (message["content"]!.GetValue<string>(), message["reasoning_content"]!.GetValue<string>()));
        AssertSame(JsonNode.Parse(content.ToJsonString().Replace("\"Hello\"", "\"Hello\\n\"", StringComparison.Ordinal))!, Sent(ProviderCatalog.Find("databricks")!, message)!["messages"]![1]!["content"]!);
    }

    [Theory]
    [InlineData("mistral", """["See ",{"type":"reference","reference_ids":[1]}," on."]""", """[{"type":"text","text":"See "},{"type":"reference","reference_ids":[1]},{"type":"text","text":" on."}]""")]
    [InlineData("databricks", """[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"","signature":"s"}]},"Hi"]""",
        """[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm","signature":"s"}]},{"type":"text","text":"Hi"}]""")]
    public async Task Gives_the_parts_of_a_stream_back_in_their_places(string name, string deltas, string expected)
    {
        var provider = ProviderCatalog.Find(name)!;
        var events = JsonNode.Parse(deltas)!.AsArray().Select(part => new JsonObject
        {
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["content"] = part is JsonValue ? part.DeepClone() : new JsonArray(part!.DeepClone()) } }),
        }.ToJsonString());
        var stream = string.Concat(events.Append("""{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""").Append("[DONE]").Select(data => $"data: {data}\n\n"));
        var gathered = new JsonObject { ["role"] = "assistant", ["content"] = "" };
        await foreach (var chunk in provider.Chat!.Stream!(EventReader.Read(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(stream)), Framing.ServerSentEvents), Call(provider)))
        {
            foreach (var (member, value) in chunk["choices"]![0]!["delta"]!.AsObject())
            {
                if (value is JsonValue text && member != "role")
                {
                    gathered[member] = gathered[member]?.GetValue<string>() + text.GetValue<string>();
                }
                else if (value is JsonArray list)
                {
                    gathered[member] ??= new JsonArray();
                    list.ToList().ForEach(item => gathered[member]!.AsArray().Add(item!.DeepClone()));
                }
            }
        }

        AssertSame(JsonNode.Parse(expected)!, Sent(provider, gathered)!["messages"]![1]!["content"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gives_DeepSeek_its_thoughts_back_where_tools_are_used(bool usesTools)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = "4", ["reasoning_content"] = "2+2" };
        if (usesTools)
        {
            message["tool_calls"] = JsonNode.Parse("""[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]""");
        }

        Assert.Equal(usesTools, Sent(ProviderCatalog.Find("deepseek")!, message)!["messages"]![1]!.AsObject().ContainsKey("reasoning_content"));
    }

    private static JsonObject Answered(string name, JsonNode content)
    {
        var provider = ProviderCatalog.Find(name)!;
        var answer = new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content.DeepClone() }, ["finish_reason"] = "stop" }) };
        return provider.Chat!.Response(answer, Call(provider))["choices"]![0]!["message"]!.AsObject();
    }

    // The conversation goes on: with the tools' results, where tools were called, and another question. Null when the provider cannot have such a conversation at all.
    private static JsonObject? Sent(Provider provider, JsonObject message)
    {
        var messages = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hi" }, message.DeepClone());
        foreach (var call in message["tool_calls"]?.AsArray() ?? [])
        {
            messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = call!["id"]?.DeepClone(), ["content"] = "4" });
        }

        messages.Add(new JsonObject { ["role"] = "user", ["content"] = "And?" });
        try
        {
            return provider.Chat!.Request(new() { ["messages"] = messages }, Call(provider));
        }
        catch (TranslationException)
        {
            return null;
        }
    }

    private static ProviderCall Call(Provider provider)
    {
        var minimal = ProviderDocs.Minimal(provider);
        return new(provider.Name is "ai21labs" ? "jamba-large" : minimal["name"]!.GetValue<string>(), minimal["config"]!.AsObject(), false, "0", DateTimeOffset.UnixEpoch);
    }

    private static IEnumerable<string> Members(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(member => Members(member.Value).Prepend(member.Key)),
        JsonArray list => list.SelectMany(Members),
        _ => [],
    };

    private static void AssertSame(JsonNode expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(actual.ToJsonString())), $"Expected {expected.ToJsonString()}, was {actual.ToJsonString()}");
}

using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>Whatever stands where in a request, an answer or an event, a translation ends in a value or in one of its three exceptions.</summary>
public sealed class HostileTests
{
    private static readonly string?[] Strangers = [null, "1", "-1.5", "1e300", "true", "\"\"", "\"x\"", "[]", "{}", "[1]", "[null]", "[[]]", "{\"type\":1}"];

    public static IEnumerable<object[]> Fixtures => Fixture.All.Where(fixture => !fixture.IsGuest)
        .Select(fixture => new object[] { fixture.Provider, fixture.Family, fixture.Name });

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Survives_strange_requests(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        foreach (var request in Variants(fixture.Read("request.json")))
        {
            Survives(() => fixture.Translation.Request(request, fixture.Call), request, typeof(TranslationException));
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Survives_strange_answers(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        foreach (var answer in Variants(fixture.Read("provider-response.json")))
        {
            var bytes = Encoding.UTF8.GetBytes(answer.ToJsonString());
            Survives(() => fixture.Translation.Response(ProviderAnswer.Parse(bytes), fixture.Call), answer, typeof(MalformedAnswerException), typeof(ProviderStreamException));
            Assert.NotEmpty(UpstreamError.Read(400, null, bytes).Message);
            _ = UsageReader.Read(NativeApi.AnthropicMessages, bytes);
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Survives_strange_events(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        var events = fixture.IsStream ? await EventReader.Read(new MemoryStream(fixture.StreamBytes), fixture.Framing).ToListAsync() : [];
        for (var at = 0; at < events.Count; at++)
        {
            if (events[at].Data is "[DONE]")
            {
                continue;
            }

            foreach (var variant in Variants((JsonObject)JsonNode.Parse(events[at].Data)!))
            {
                var bytes = events.SelectMany((item, i) => Wire.Event(fixture.Framing, i == at ? variant.ToJsonString() : item.Data, item.EventType));
                // Fixture.Stream catches the two exceptions that a stream may end in, and no other.
                await fixture.Stream(new MemoryStream([.. bytes]));
            }
        }
    }

    public static IEnumerable<object[]> Providers => ProviderCatalog.All.Select(provider => new object[] { provider.Name });

    [Theory]
    [MemberData(nameof(Providers))]
    public void Survives_strange_configurations(string name)
    {
        var provider = ProviderCatalog.Find(name)!;
        var full = new JsonObject(provider.Config.Fields.Select(field => KeyValuePair.Create(field.Name, field.Members is { } members
            ? new JsonObject(members.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)"x")))
            : (JsonNode?)"x")));
        foreach (var config in Variants(full))
        {
            foreach (var model in new[] { "", "m", "a/b:c@d?e#f" })
            {
                var call = new ProviderCall(model, config, true, "0", DateTimeOffset.UnixEpoch);
                provider.Config.Validate(provider.Config.Canonical((JsonObject)config.DeepClone()));
                provider.BaseAddress(call);
                provider.Credential(call);
                provider.Headers?.Invoke(call);
                provider.Embeddings?.MostInputs?.Invoke(call);
                foreach (var operation in new[] { provider.Chat, provider.Completions, provider.Embeddings }.OfType<Operation>())
                {
                    Assert.StartsWith("/", operation.PathOf(call, []), StringComparison.Ordinal);
                    Assert.DoesNotContain("#", operation.PathOf(call, []), StringComparison.Ordinal);
                    operation.Framing(call);
                }

                foreach (var native in provider.Native.Values)
                {
                    native.Path(call);
                    native.IsOffered(call);
                    native.ModelFor(call);
                }
            }
        }
    }

    private static void Survives(Action translate, JsonObject input, params Type[] allowed)
    {
        if (Record.Exception(translate) is { } failure && !allowed.Contains(failure.GetType()))
        {
            Assert.Fail($"{failure}\n\nof {input}");
        }
    }

    // The object with each of its values, at any depth, taken out or replaced by each stranger in turn.
    private static IEnumerable<JsonObject> Variants(JsonObject? original)
    {
        foreach (var path in original is null ? [] : Paths(original, []).ToList())
        {
            foreach (var stranger in Strangers)
            {
                yield return Replaced(original!, path, () => stranger is null ? null : JsonNode.Parse(stranger), false);
            }

            yield return Replaced(original!, path, () => null, true);
        }
    }

    private static JsonObject Replaced(JsonObject original, object[] path, Func<JsonNode?> value, bool remove)
    {
        var copy = (JsonObject)original.DeepClone();
        JsonNode at = copy;
        foreach (var step in path[..^1])
        {
            at = step is int index ? at[index]! : at[(string)step]!;
        }

        switch (at, path[^1])
        {
            case (JsonArray list, int index) when remove:
                list.RemoveAt(index);
                break;
            case (JsonArray list, int index):
                list[index] = value();
                break;
            case (JsonObject json, string name) when remove:
                json.Remove(name);
                break;
            case (JsonObject json, string name):
                json[name] = value();
                break;
        }

        return copy;
    }

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] path)
    {
        if (path.Length > 0)
        {
            yield return path;
        }

        var inner = node switch
        {
            JsonObject json => json.SelectMany(member => Paths(member.Value, [.. path, member.Key])),
            JsonArray list => list.SelectMany((item, i) => Paths(item, [.. path, i])),
            _ => [],
        };
        foreach (var deeper in inner)
        {
            yield return deeper;
        }
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;
using static FunctionsGateway.Tests.Docs.OpenApiTruthTests;

namespace FunctionsGateway.Tests.Docs;

/// <summary>Every stream that <c>/openapi.json</c> shows is asked for, and must come with the events, the members and the end that the example has.</summary>
public sealed class OpenApiStreamTests
{
    [Fact]
    public async Task Shows_streams_as_they_are_given()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var document = await ApiDocument.ReadAsync(gateway);
        await SeedAsync(gateway, document, "Invocations", "");
        var (shown, faults) = (0, new List<string>());
        foreach (var (verb, path, said) in document.Operations)
        {
            if ((string?)document.Resolved(said["responses"]!["200"]!)["content"]?["text/event-stream"]?["example"] is not { } example)
            {
                continue;
            }

            shown++;
            var body = Placed(said["requestBody"]!["content"]!["application/json"]!["example"]!, path);
            if (!path.EndsWith(":streamGenerateContent", StringComparison.Ordinal))
            {
                body["stream"] = true;
            }

            var query = path.EndsWith(":streamGenerateContent", StringComparison.Ordinal) ? "?alt=sse" : "";
            using var request = new HttpRequestMessage(new HttpMethod(verb), Path(path, said) + query) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
            using var answer = await gateway.Client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            faults.AddRange(((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType) == (200, "text/event-stream")
                ? Faults(Events(example), Events(text)).Select(fault => $"{verb} {path}: {fault}")
                : [$"{verb} {path}: {(int)answer.StatusCode} {text}"]);
        }

        Assert.True(shown > 15, "The document shows few streams.");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("data: {\"a\":\"x\"}\n\n", "data: {\"b\":\"x\"}\n\n", "lacks 'a'")]
    [InlineData("data: {\"a\":[{\"b\":1}]}\n\n", "data: {\"a\":[{\"b\":\"1\"}]}\n\n", "a[0].b is Number")]
    [InlineData("event: a\ndata: {}\n\n", "event: b\ndata: {}\n\n", "no event is a 'a'")]
    [InlineData("data: {}\n\ndata: [DONE]\n\n", "data: {}\n\n", "ends with '[DONE]'")]
    [InlineData("data: {}\n\n", "data: {\n\n", "no JSON")]
    public void Would_see_a_stream_that_is_another(string example, string stream, string fault) =>
        Assert.Contains(Faults(Events(example), Events(stream)), found => found.Contains(fault, StringComparison.Ordinal));

    private static IEnumerable<string> Faults(IReadOnlyList<(string Name, string Data)> example, IReadOnlyList<(string Name, string Data)> stream)
    {
        foreach (var (_, data) in stream.Where(given => given.Data != "[DONE]" && Parsed(given.Data) is null))
        {
            yield return $"'{data}' is no JSON.";
        }

        if (example[^1].Data == "[DONE]" != (stream[^1].Data == "[DONE]"))
        {
            yield return $"the example ends with '{example[^1].Data}', the stream with '{stream[^1].Data}'.";
        }

        foreach (var (name, data) in example.Where(shown => shown.Data != "[DONE]"))
        {
            var alike = stream.Where(given => given.Name == name && given.Data != "[DONE]").Select(given => Missing(Parsed(data), Parsed(given.Data), "").ToList()).ToList();
            if (alike.Count == 0)
            {
                yield return $"no event is a '{name}', which the example shows.";
            }
            else if (alike.MinBy(missing => missing.Count) is { Count: > 0 } least)
            {
                yield return $"no event has all of {data}: the nearest {string.Join(", ", least)}.";
            }
        }
    }

    // What the shown value has and the given one has not, or has of another kind.
    private static IEnumerable<string> Missing(JsonNode? shown, JsonNode? given, string at) => (shown, given) switch
    {
        (JsonObject wanted, JsonObject has) => wanted.SelectMany(member => has.ContainsKey(member.Key)
            ? Missing(member.Value, has[member.Key], $"{at}.{member.Key}".TrimStart('.'))
            : [$"lacks '{$"{at}.{member.Key}".TrimStart('.')}'"]),
        (JsonArray { Count: > 0 } wanted, JsonArray has) => has.Count == 0 ? [$"{at} is empty"] : Missing(wanted[0], has[0], $"{at}[0]"),
        _ when shown?.GetValueKind() == given?.GetValueKind() => [],
        _ => [$"{at} is {shown?.GetValueKind()} in the example and {given?.GetValueKind()} in the stream"],
    };

    private static JsonNode? Parsed(string data)
    {
        try
        {
            return JsonNode.Parse(data);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<(string Name, string Data)> Events(string text) => [.. text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(block => block.Split('\n').Where(line => !line.StartsWith(':')).ToLookup(line => line.Split(':')[0], line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].TrimStart()))
        .Where(fields => fields["data"].Any()).Select(fields => (fields["event"].FirstOrDefault() ?? "", string.Join('\n', fields["data"])))];
}

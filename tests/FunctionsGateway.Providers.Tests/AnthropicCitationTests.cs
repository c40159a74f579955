using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>A stream of Anthropic's tells its sources as an answer that comes whole does: in their places, and pages of the web also as OpenAI has them.</summary>
public sealed class AnthropicCitationTests
{
    private const string Page = """{"type":"web_search_result_location","url":"https://w.example/","title":"W","cited_text":"green","encrypted_index":"eA"}""";
    private const string Paper = """{"type":"page_location","document_index":0,"start_page_number":1,"end_page_number":2,"cited_text":"blue"}""";

    [Fact]
    public async Task Tells_in_a_stream_what_it_tells_at_once()
    {
        var provider = ProviderCatalog.Find("anthropic")!;
        var call = new ProviderCall("m", [], true, "0", DateTimeOffset.UnixEpoch);
        var whole = provider.Chat!.Response((JsonObject)JsonNode.Parse($$"""
            {"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2},"content":[
              {"type":"text","text":"Grass is "},{"type":"text","text":"green","citations":[{{Page}}]},{"type":"text","text":", the sky "},{"type":"text","text":"is blue","citations":[{{Paper}},{{Page}}]}]}
            """)!, call)["choices"]![0]!["message"]!;
        string[] events =
        [
            """{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":1}}}""",
            .. Block(0, ["Grass is "]), .. Block(1, ["gr", "een"], Page), .. Block(2, [", the sky "]), .. Block(3, ["is blue"], Paper, Page),
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}""",
            """{"type":"message_stop"}""",
        ];
        var (citations, annotations) = (new JsonArray(), new JsonArray());
        var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(events.Select(json => $"data: {json}\n\n"))));
        await foreach (var chunk in provider.Chat.Stream!(EventReader.Read(stream, Framing.ServerSentEvents), call))
        {
            var delta = chunk["choices"]!.AsArray().FirstOrDefault()?["delta"];
            (delta?["citations"]?.AsArray() ?? []).ToList().ForEach(one => citations.Add(one!.DeepClone()));
            (delta?["annotations"]?.AsArray() ?? []).ToList().ForEach(one => annotations.Add(one!.DeepClone()));
        }

        Assert.Equal(whole["citations"]!.ToJsonString(), citations.ToJsonString());
        Assert.Equal(whole["annotations"]!.ToJsonString(), annotations.ToJsonString());
        Assert.Equal(2, annotations.Count);
    }

    private static IEnumerable<string> Block(int index, string[] texts, params string[] citations) =>
    [
        $$$"""{"type":"content_block_start","index":{{{index}}},"content_block":{"type":"text","text":""}}""",
        .. citations.Select(citation => $$$"""{"type":"content_block_delta","index":{{{index}}},"delta":{"type":"citations_delta","citation":{{{citation}}}}}"""),
        .. texts.Select(text => $$$"""{"type":"content_block_delta","index":{{{index}}},"delta":{"type":"text_delta","text":"{{{text}}}"}}"""),
        $$"""{"type":"content_block_stop","index":{{index}}}""",
    ];
}

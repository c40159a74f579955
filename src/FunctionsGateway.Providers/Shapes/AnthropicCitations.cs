using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>What Anthropic's text blocks cite (platform.claude.com, "Citations"): all of it under <c>citations</c> in its own form with the place in the
/// whole text that it backs; pages of the web besides under <c>annotations</c>, where OpenAI has them (developers.openai.com, "Web search").</summary>
internal sealed class AnthropicCitations
{
    private JsonArray _citations = [];
    private JsonArray _annotations = [];
    private int _start;

    /// <summary>Notes what a block cites whose text is <paramref name="text"/>; the blocks come in order.</summary>
    public void Add(JsonArray? citations, string text)
    {
        var end = _start + text.Length;
        foreach (var citation in citations?.OfType<JsonObject>() ?? [])
        {
            var kept = citation.DeepClone().AsObject().DropNulls();
            kept["start_index"] = _start;
            kept["end_index"] = end;
            _citations.Add(kept);
            if (citation.Text("url") is { } url)
            {
                _annotations.Add(new JsonObject
                {
                    ["type"] = "url_citation",
                    ["url_citation"] = new JsonObject { ["start_index"] = _start, ["end_index"] = end, ["url"] = url, ["title"] = citation.Text("title") },
                });
            }
        }

        _start = end;
    }

    /// <summary>Gives a message, or a delta, what was noted since the last time.</summary>
    public void MoveTo(JsonObject message)
    {
        if (_citations.Count > 0)
        {
            message["citations"] = _citations;
        }

        if (_annotations.Count > 0)
        {
            message["annotations"] = _annotations;
        }

        (_citations, _annotations) = ([], []);
    }
}

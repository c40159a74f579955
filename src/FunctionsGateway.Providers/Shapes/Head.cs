using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>What every unified answer and chunk begins with, and the errors that come in the place of one.</summary>
internal static class Head
{
    /// <summary>Fills <c>id</c>, <c>object</c>, <c>created</c> and <c>model</c> where the provider sent none (spec/providers-openai-family.md §4).</summary>
    public static void Ensure(JsonObject answer, ProviderCall call, string kind, string idPrefix)
    {
        answer.Fill("id", idPrefix + call.Id);
        answer["object"] = kind;
        answer.Fill("created", call.Time.ToUnixTimeSeconds());
        answer.Fill("model", call.Model);
    }

    /// <summary>The choices of an answer.</summary>
    /// <exception cref="ProviderStreamException">There are none, but an error (OpenRouter answers 200 so: spec/providers-openai-family.md §4).</exception>
    /// <exception cref="MalformedAnswerException">There are none.</exception>
    public static IEnumerable<JsonObject> Choices(JsonObject answer)
    {
        if (answer.Array("choices") is { Count: > 0 } choices)
        {
            return Objects(choices).Select(choice =>
            {
                UpstreamError.ThrowIfFailed(choice);
                return choice;
            });
        }

        UpstreamError.ThrowIfError(answer);
        throw new MalformedAnswerException("The provider's answer has no 'choices'.");
    }

    /// <summary>The choices of a chunk; none in a chunk that only reports usage.</summary>
    public static JsonArray ChunkChoices(JsonObject chunk)
    {
        UpstreamError.ThrowIfError(chunk);
        if (chunk.Array("choices") is { } choices)
        {
            return choices;
        }

        if (chunk["choices"] is not null || chunk["usage"] is not JsonObject)
        {
            throw new MalformedAnswerException("The provider's chunk has no 'choices'.");
        }

        chunk["choices"] = choices = [];
        return choices;
    }

    /// <summary>The elements of <paramref name="array"/>, all of which are objects.</summary>
    public static IEnumerable<JsonObject> Objects(JsonArray array) =>
        array.Select(node => node as JsonObject ?? throw new MalformedAnswerException("The provider's answer has a list with something else than objects."));

    /// <summary>Moves to <paramref name="unified"/> what <paramref name="native"/> holds beside the members that were <paramref name="told"/> in unified words:
    /// it stays readable under the provider's own names.</summary>
    public static void KeepRest(JsonObject native, JsonObject unified, params ReadOnlySpan<string> told)
    {
        native.Drop(told);
        native.MoveTo(unified);
    }

    /// <summary>The text of a message's content, for a provider that takes nothing else.</summary>
    /// <exception cref="TranslationException">A part is an image, a file or a sound, which would be lost.</exception>
    public static string TextAlone(JsonNode? content, string provider, string remedy = "")
    {
        var other = (content as JsonArray)?.OfType<JsonObject>().FirstOrDefault(part => part["text"] is null);
        return other is null ? Text(content) ?? ""
            : throw new TranslationException($"{provider} takes text only; 'messages' hold a part of type '{other.Text("type") ?? "None"}'.{remedy}");
    }

    /// <summary>The text of a message's content: a string, or the text parts of a list in one.</summary>
    public static string? Text(JsonNode? content, string between = "") => content switch
    {
        JsonArray parts when parts.OfType<JsonObject>().Select(part => part.Text("text")).OfType<string>().ToArray() is { Length: > 0 } texts
            => string.Join(between, texts),
        _ => content.Text(),
    };
}

using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>What the gateway does to unified embeddings answers on behalf of providers that cannot.</summary>
public static class EmbeddingAnswers
{
    /// <summary>One answer of those of several calls, in their order.</summary>
    public static JsonObject Join(IReadOnlyList<JsonObject> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var whole = answers[0];
        var (data, usage) = (whole.Array("data")!, whole.Within("usage"));
        foreach (var part in answers.Skip(1))
        {
            foreach (var item in ((JsonArray)part.Take("data")!).ToArray())
            {
                item!.Parent!.AsArray().Remove(item);
                item["index"] = data.Count;
                data.Add(item);
            }

            // What was told of a part only is not true of the whole.
            foreach (var (name, value) in whole.ToArray())
            {
                if (name is not ("data" or "usage") && !JsonNode.DeepEquals(value, part[name]))
                {
                    whole.Remove(name);
                }
            }

            foreach (var count in new[] { "prompt_tokens", "total_tokens" })
            {
                usage[count] = usage.Whole(count) + part.Object("usage")?.Whole(count);
            }
        }

        return whole;
    }

    /// <summary>Writes vectors as OpenAI's <c>encoding_format: "base64"</c> does, in place: little-endian float32. Some SDKs read no other.</summary>
    public static JsonObject AsBase64(JsonObject answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        foreach (var item in answer.Array("data")?.OfType<JsonObject>() ?? [])
        {
            if (item.Array("embedding") is { } vector)
            {
                var bytes = new byte[vector.Count * sizeof(float)];
                for (var i = 0; i < vector.Count; i++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), (float)(vector[i].Number() ?? throw new MalformedAnswerException("The provider's answer has an embedding that is not a list of numbers.")));
                }

                item["embedding"] = Convert.ToBase64String(bytes);
            }
        }

        return answer;
    }
}

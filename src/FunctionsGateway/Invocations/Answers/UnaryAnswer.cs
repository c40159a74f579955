using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Reads answers that come whole.</summary>
internal static class UnaryAnswer
{
    private const int LongestAnswer = 128 * 1024 * 1024;

    /// <summary>The provider's bytes as they are, once it is clear that they are an answer.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ForwardAsync(Attempt attempt)
    {
        using (attempt)
        {
            AnswerType.RequireJson(attempt.Answer);
            var bytes = await ReadAsync(attempt);
            RefuseErrors(bytes.Span);
            return bytes;
        }
    }

    /// <summary>The provider's answer as a unified one.</summary>
    public static async ValueTask<JsonObject> TranslateAsync(Attempt attempt, Operation operation, ProviderCall call)
    {
        using (attempt)
        {
            AnswerType.RequireJson(attempt.Answer);
            var bytes = await ReadAsync(attempt);
            try
            {
                return operation.Response(ProviderAnswer.Parse(bytes.Span), attempt.Told(operation, call));
            }
            catch (Exception failure) when (failure is InvalidOperationException or FormatException)
            {
                throw new MalformedAnswerException("it does not have the members of an answer.");
            }
        }
    }

    /// <summary>The whole of an answer, without the key should the provider have repeated it.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(Attempt attempt)
    {
        // The first byte is here: an answer that has begun is not thrown away, and paid for again elsewhere, because it is long.
        attempt.Extend(attempt.Deadline.Left);
        var content = attempt.Answer.Content;
        await using var source = await content.ReadAsStreamAsync(attempt.Token);
        var buffer = new byte[(int)Math.Min(LongestAnswer, content.Headers.ContentLength + 1 ?? 4096)];
        var length = 0;
        while (true)
        {
            var read = await source.ReadAsync(buffer.AsMemory(length), attempt.Token);
            if (read == 0)
            {
                attempt.Mask(buffer.AsSpan(0, length));
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length == buffer.Length)
            {
                if (length >= LongestAnswer)
                {
                    throw new MalformedAnswerException($"it is longer than {LongestAnswer} bytes.");
                }

                Array.Resize(ref buffer, Math.Min(LongestAnswer, length * 2));
            }
        }
    }

    // A 200 with an error in it is an error (OpenRouter, spec/providers-openai-family.md §4).
    private static void RefuseErrors(ReadOnlySpan<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new MalformedAnswerException("it is not a JSON object.");
            }

            var (hasError, hasContent) = (false, false);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isError = reader.ValueTextEquals("error"u8);
                hasContent |= reader.ValueTextEquals("choices"u8) || reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("output"u8);
                reader.Read();
                hasError |= isError && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                reader.Skip();
            }

            while (reader.Read())
            {
            }

            if (hasError && !hasContent)
            {
                var error = UpstreamError.Read(0, null, answer);
                throw new ProviderStreamException(error.Message, error.Type, error.Code, error.Status is >= 400 and <= 599 ? error.Status : 502);
            }
        }
        catch (JsonException)
        {
            throw new MalformedAnswerException("it is not JSON.");
        }
    }
}

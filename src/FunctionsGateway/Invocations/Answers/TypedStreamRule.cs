using System.Text.Json;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Streams whose events say in <c>type</c> what they are: Anthropic's messages, OpenAI's responses, Cohere's chat.</summary>
/// <param name="ends">The types that end the stream.</param>
internal sealed class TypedStreamRule(params string[] ends) : IStreamRule
{
    /// <summary>The type of the event that says in the API's own words that the answer failed; null where none does.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether something may come behind the end, and whether that says by its reason that the answer failed (Cohere).</summary>
    public bool EndsWithReason { get; init; }

    /// <inheritdoc/>
    public bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public EventVerdict Judge(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.Length == 0)
        {
            return EventVerdict.Forward;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            return EventVerdict.Last;
        }

        if (name.SequenceEqual("error"u8))
        {
            throw StreamRules.Error(data);
        }

        try
        {
            return JsonReading.IsBrokenLiteral(data) ? throw new JsonException() : Read(data);
        }
        catch (JsonException)
        {
            throw new MalformedAnswerException("an event of the stream is not JSON.");
        }
    }

    private EventVerdict Read(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new MalformedAnswerException("an event of the stream is not a JSON object.");
        }

        var (isError, isEnd, isFailure, hasType) = (false, false, false, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isDelta = reader.ValueTextEquals("delta"u8);
            // A relay between us and the provider may fail in words of its own.
            var isForeign = reader.ValueTextEquals("error"u8);
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String)
            {
                hasType = true;
                isError |= reader.ValueTextEquals("error"u8);
                isFailure |= Failure is { } failure && reader.ValueTextEquals(failure);
                foreach (var end in ends)
                {
                    isEnd |= reader.ValueTextEquals(end);
                }
            }
            else if (EndsWithReason && isDelta)
            {
                isFailure |= HoldsErrorReason(ref reader);
            }
            else
            {
                isError |= isForeign && !hasType && reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
            }
        }

        // The rest is read too: what follows the object makes it no JSON.
        while (reader.Read())
        {
        }

        if (isError)
        {
            throw StreamRules.Error(data);
        }

        IsComplete |= isEnd;
        return isFailure ? EventVerdict.Failed : isEnd && !EndsWithReason ? EventVerdict.Last : EventVerdict.Forward;
    }

    // ERROR, ERROR_TOXIC, ERROR_LIMIT
    private static bool HoldsErrorReason(ref Utf8JsonReader reader)
    {
        var isError = false;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isReason = reader.ValueTextEquals("finish_reason"u8);
            reader.Read();
            isError |= isReason && reader.TokenType == JsonTokenType.String && reader.ValueSpan.StartsWith("ERROR"u8);
            reader.Skip();
        }

        return isError;
    }
}

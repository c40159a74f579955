using System.Numerics;
using System.Text.Json;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>The names in which two APIs say the same.</summary>
/// <param name="Choices">The answers in an event.</param>
/// <param name="Reason">Why one of them ended.</param>
internal sealed record ChoiceWords(string Choices, string Reason)
{
    /// <summary>OpenAI's chat and completions, and all who speak like them.</summary>
    public static ChoiceWords OpenAI { get; } = new("choices", "finish_reason");

    /// <summary>Gemini's.</summary>
    public static ChoiceWords Gemini { get; } = new("candidates", "finishReason");
}

/// <summary>Streams whose events carry pieces of several answers, each of which says when it is finished: OpenAI's, Mistral's, Gemini's.</summary>
/// <param name="words">The API's names.</param>
/// <param name="showsUsage">Whether the client sees the chunk that holds nothing but the usage.</param>
/// <param name="showsDone">Whether the client sees the provider's <c>[DONE]</c>.</param>
/// <param name="choices">How many answers were asked for: fewer do not make a stream complete that has no <c>[DONE]</c>.</param>
internal sealed class ChoiceStreamRule(ChoiceWords words, bool showsUsage, bool showsDone, int choices = 1) : IStreamRule
{
    private readonly LikeLast _last = new();
    private long _begun;
    private long _finished;
    private Range _text;
    private bool _isBlocked;

    /// <inheritdoc/>
    public bool IsComplete => _isBlocked || (_begun != 0 && _begun == _finished && BitOperations.PopCount((ulong)_finished) >= Math.Min(choices, 64));

    /// <inheritdoc/>
    public EventVerdict Judge(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.Length == 0 || _last.Covers(data))
        {
            return EventVerdict.Forward;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            return showsDone ? EventVerdict.Last : EventVerdict.End;
        }

        if (name.SequenceEqual("error"u8))
        {
            throw StreamRules.Error(data);
        }

        try
        {
            return Read(data);
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

        var (count, hasUsage) = (0, false);
        _text = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(words.Choices))
            {
                reader.Read();
                count = Choices(ref reader, data);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                {
                    throw StreamRules.Error(data);
                }
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8))
                {
                    throw StreamRules.Error(data);
                }

                reader.Skip();
            }
            else if (reader.ValueTextEquals("promptFeedback"u8))
            {
                reader.Read();
                _isBlocked |= reader.TokenType == JsonTokenType.StartObject && HoldsBlockReason(ref reader);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                hasUsage = reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // The rest is read too: what follows the object makes it no JSON.
        while (reader.Read())
        {
        }

        if (count == 0 && hasUsage && !showsUsage)
        {
            return EventVerdict.Drop;
        }

        _last.Remember(data, _begun == _finished ? default : _text);
        return EventVerdict.Forward;
    }

    // Gemini answers a prompt that it refuses with this and no candidate.
    private static bool HoldsBlockReason(ref Utf8JsonReader reader)
    {
        var isBlocked = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            isBlocked |= reader.ValueTextEquals("blockReason"u8);
            reader.Read();
            reader.Skip();
        }

        return isBlocked;
    }

    private int Choices(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return 0;
        }

        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            count++;
            var (index, isFinished) = (0, false);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIndex = reader.ValueTextEquals("index"u8);
                var isReason = reader.ValueTextEquals(words.Reason);
                var isDelta = reader.ValueTextEquals("delta"u8);
                reader.Read();
                if (isIndex && reader.TokenType == JsonTokenType.Number)
                {
                    reader.TryGetInt32(out index);
                }
                else if (isReason && reader.TokenType == JsonTokenType.String)
                {
                    isFinished = true;
                    if (reader.ValueTextEquals("error"u8))
                    {
                        throw StreamRules.Error(data);
                    }
                }
                else if (isDelta && reader.TokenType == JsonTokenType.StartObject)
                {
                    Delta(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }

            var bit = 1L << (index & 63);
            _begun |= bit;
            _finished |= isFinished ? bit : 0;
        }

        return count;
    }

    private void Delta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = reader.ValueTextEquals("content"u8);
            reader.Read();
            if (isText && reader.TokenType == JsonTokenType.String)
            {
                var start = (int)reader.TokenStartIndex + 1;
                _text = start..(start + reader.ValueSpan.Length);
            }

            reader.Skip();
        }
    }
}

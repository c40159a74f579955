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
internal sealed class ChoiceStreamRule(ChoiceWords words, bool showsUsage, bool showsDone, int choices = 1) : JsonStreamRule(showsDone ? EventVerdict.Last : EventVerdict.End)
{
    private readonly LikeLast _last = new();
    private long _begun;
    private long _finished;
    private int _choices;
    private bool _hasUsage;
    private Range _text;
    private bool _isBlocked;

    /// <inheritdoc/>
    public override bool IsComplete => _isBlocked || (_begun != 0 && _begun == _finished && BitOperations.PopCount((ulong)_finished) >= Math.Min(choices, 64));

    /// <inheritdoc/>
    protected override bool IsLikeLast(ReadOnlySpan<byte> data) => _last.Covers(data);

    /// <inheritdoc/>
    protected override void Begin() => (_choices, _hasUsage, _text) = (0, false, default);

    /// <inheritdoc/>
    protected override void Member(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        var isChoices = reader.ValueTextEquals(words.Choices);
        var isError = reader.ValueTextEquals("error"u8);
        var isObject = reader.ValueTextEquals("object"u8);
        var isFeedback = reader.ValueTextEquals("promptFeedback"u8);
        var isUsage = reader.ValueTextEquals("usage"u8);
        reader.Read();
        if (isChoices)
        {
            _choices = Choices(ref reader, data);
            return;
        }

        if ((isError && reader.TokenType != JsonTokenType.Null) || (isObject && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8)))
        {
            throw StreamRules.Error(data);
        }

        _isBlocked |= isFeedback && reader.TokenType == JsonTokenType.StartObject && HoldsBlockReason(ref reader);
        _hasUsage = isUsage ? reader.TokenType == JsonTokenType.StartObject : _hasUsage;
        reader.Skip();
    }

    /// <inheritdoc/>
    protected override EventVerdict End(ReadOnlySpan<byte> data)
    {
        if (_choices == 0 && _hasUsage && !showsUsage)
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

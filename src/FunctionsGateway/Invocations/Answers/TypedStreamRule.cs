using System.Text.Json;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Streams whose events say in <c>type</c> what they are: Anthropic's messages, OpenAI's responses, Cohere's chat.</summary>
/// <param name="ends">The types that end the stream.</param>
internal sealed class TypedStreamRule(params string[] ends) : JsonStreamRule(EventVerdict.Last)
{
    private bool _isComplete;
    private bool _isError;
    private bool _isEnd;
    private bool _isFailure;
    private bool _hasType;
    private long _nextNumber;

    /// <summary>The type of the event that says in the API's own words that the answer failed; null where none does.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether something may come behind the end, and whether that says by its reason that the answer failed (Cohere).</summary>
    public bool EndsWithReason { get; init; }

    /// <inheritdoc/>
    public override bool IsComplete => _isComplete;

    /// <inheritdoc/>
    public override long NextNumber => _nextNumber;

    /// <inheritdoc/>
    protected override void Begin() => (_isError, _isEnd, _isFailure, _hasType) = (false, false, false, false);

    /// <inheritdoc/>
    protected override void Member(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        var isType = reader.ValueTextEquals("type"u8);
        var isDelta = reader.ValueTextEquals("delta"u8);
        var isNumber = reader.ValueTextEquals("sequence_number"u8);
        // A relay between us and the provider may fail in words of its own.
        var isForeign = reader.ValueTextEquals("error"u8);
        reader.Read();
        if (isType && reader.TokenType == JsonTokenType.String)
        {
            _hasType = true;
            _isError |= reader.ValueTextEquals("error"u8);
            _isFailure |= Failure is { } failure && reader.ValueTextEquals(failure);
            foreach (var end in ends)
            {
                _isEnd |= reader.ValueTextEquals(end);
            }
        }
        else if (EndsWithReason && isDelta)
        {
            _isFailure |= HoldsErrorReason(ref reader);
        }
        else
        {
            _isError |= isForeign && !_hasType && reader.TokenType == JsonTokenType.StartObject;
            _nextNumber = isNumber && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number + 1 : _nextNumber;
            reader.Skip();
        }
    }

    /// <inheritdoc/>
    protected override EventVerdict End(ReadOnlySpan<byte> data)
    {
        if (_isError)
        {
            throw StreamRules.Error(data);
        }

        _isComplete |= _isEnd;
        return _isFailure ? EventVerdict.Failed : _isEnd && !EndsWithReason ? EventVerdict.Last : EventVerdict.Forward;
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

using System.Text.Json;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>Reads events that hold one JSON object each, member by member; what a member means is the API's.</summary>
/// <param name="done">What becomes of a <c>[DONE]</c>.</param>
internal abstract class JsonStreamRule(EventVerdict done) : IStreamRule
{
    /// <inheritdoc/>
    public abstract bool IsComplete { get; }

    /// <inheritdoc/>
    public virtual long NextNumber => 0;

    /// <inheritdoc/>
    public EventVerdict Judge(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.Length == 0 || IsLikeLast(data))
        {
            return EventVerdict.Forward;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            return done;
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

    /// <summary>Whether the event means what the last one meant, so that it need not be read.</summary>
    protected virtual bool IsLikeLast(ReadOnlySpan<byte> data) => false;

    /// <summary>An event begins.</summary>
    protected abstract void Begin();

    /// <summary>Reads one member: <paramref name="reader"/> stands at its name, and then at the end of its value.</summary>
    protected abstract void Member(ref Utf8JsonReader reader, ReadOnlySpan<byte> data);

    /// <summary>What the event means.</summary>
    protected abstract EventVerdict End(ReadOnlySpan<byte> data);

    private EventVerdict Read(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new MalformedAnswerException("an event of the stream is not a JSON object.");
        }

        Begin();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Member(ref reader, data);
        }

        // The rest is read too: what follows the object makes it no JSON.
        while (reader.Read())
        {
        }

        return End(data);
    }
}

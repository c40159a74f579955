using System.Text.Json;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>What the relay does with an event.</summary>
internal enum EventVerdict
{
    /// <summary>It goes to the client as it came.</summary>
    Forward,

    /// <summary>The client does not see it.</summary>
    Drop,

    /// <summary>It ends the stream, complete.</summary>
    End,
}

/// <summary>Reads the events of an OpenAI-shaped stream as they pass: is it an error, the end, or the usage that nobody asked for; and is the answer complete.</summary>
/// <param name="showsUsage">Whether the client asked for the usage chunk.</param>
internal sealed class OpenAIStreamRule(bool showsUsage)
{
    private readonly LikeLast _last = new();
    private long _begun;
    private long _finished;
    private Range _text;

    /// <summary>Whether every choice that began has also finished.</summary>
    public bool IsComplete => _begun != 0 && _begun == _finished;

    /// <summary>Judges one event.</summary>
    /// <exception cref="ProviderStreamException">The provider reports an error.</exception>
    /// <exception cref="MalformedAnswerException">The event is not JSON.</exception>
    public EventVerdict Judge(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        if (data.Length == 0 || _last.Covers(data))
        {
            return EventVerdict.Forward;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            return EventVerdict.End;
        }

        if (name.SequenceEqual("error"u8))
        {
            throw Error(data);
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

        var (choices, hasUsage) = (0, false);
        _text = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                choices = Choices(ref reader, data);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                {
                    throw Error(data);
                }
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

        if (choices == 0 && hasUsage && !showsUsage)
        {
            return EventVerdict.Drop;
        }

        _last.Remember(data, _begun == _finished ? default : _text);
        return EventVerdict.Forward;
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
                var isReason = reader.ValueTextEquals("finish_reason"u8);
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
                        throw Error(data);
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

    private static ProviderStreamException Error(ReadOnlySpan<byte> data)
    {
        var error = UpstreamError.Read(0, null, data);
        return new ProviderStreamException(error.Message, error.Type, error.Code, error.Status is >= 400 and <= 599 ? error.Status : 502);
    }
}

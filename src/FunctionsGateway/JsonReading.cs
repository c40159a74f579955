using System.Text.Json;

namespace FunctionsGateway;

/// <summary>What is looked at before a body is parsed.</summary>
internal static class JsonReading
{
    /// <summary>Whether <paramref name="body"/> begins like <c>true</c>, <c>false</c> or <c>null</c> and is none of them.</summary>
    /// <remarks>The parser's exception quotes such a body whole, and what was sent there by mistake may be a key.</remarks>
    public static bool IsBrokenLiteral(ReadOnlySpan<byte> body)
    {
        var text = body.Trim(" \t\r\n"u8);
        return text is [(byte)'t' or (byte)'f' or (byte)'n', ..]
            && !text.SequenceEqual("true"u8) && !text.SequenceEqual("false"u8) && !text.SequenceEqual("null"u8);
    }

    /// <summary>Where the first text of a well-formed <paramref name="body"/> begins that holds half a surrogate pair; null when none does.</summary>
    /// <remarks>The parser takes such a text; whoever read it as one later would fail.</remarks>
    /// <exception cref="JsonException">The body is not well-formed, or nested deeper than <paramref name="maxDepth"/>.</exception>
    public static int? FindBrokenText(ReadOnlySpan<byte> body, int maxDepth)
    {
        var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        while (json.Read())
        {
            if (json.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
            {
                continue;
            }

            try
            {
                _ = json.GetString();
            }
            catch (InvalidOperationException)
            {
                return (int)json.TokenStartIndex;
            }
        }

        return null;
    }
}

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
}

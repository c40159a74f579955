namespace FunctionsGateway.Providers.Shapes;

/// <summary>Addresses that hold their data (<c>data:image/png;base64,…</c>), as OpenAI's content parts write images and files.</summary>
internal static class DataUri
{
    /// <summary>Splits <paramref name="address"/> into its media type and its base64 text; false when it is another kind of address.</summary>
    public static bool TryRead(string address, out string mediaType, out string data)
    {
        var comma = address.IndexOf(',', StringComparison.Ordinal);
        var isData = address.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && comma > 0;
        (mediaType, data) = isData ? (address[5..comma].Split(';')[0], address[(comma + 1)..]) : ("", "");
        return isData;
    }

    /// <summary>The media type that an address' ending suggests.</summary>
    public static string Guess(string address) => Path.GetExtension(address.Split('?', '#')[0]).ToLowerInvariant() switch
    {
        ".png" => "image/png",
        ".gif" => "image/gif",
        ".webp" => "image/webp",
        ".pdf" => "application/pdf",
        ".mp4" => "video/mp4",
        ".mp3" => "audio/mpeg",
        ".wav" => "audio/wav",
        _ => "image/jpeg",
    };
}

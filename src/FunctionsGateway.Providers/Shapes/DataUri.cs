using System.Text;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Addresses that hold their data (<c>data:image/png;base64,…</c>), as OpenAI's content parts write images and files, and the types of those that do not.</summary>
internal static class DataUri
{
    /// <summary>Splits <paramref name="address"/> into its media type and its base64 text; false when it is another kind of address.</summary>
    public static bool TryRead(string address, out string mediaType, out string data)
    {
        var comma = address.IndexOf(',', StringComparison.Ordinal);
        var isData = address.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && comma > 0;
        (mediaType, data) = ("", "");
        if (!isData)
        {
            return false;
        }

        var head = address[5..comma].Split(';');
        mediaType = head[0].Trim();
        data = address[(comma + 1)..];
        if (!head[^1].Trim().Equals("base64", StringComparison.OrdinalIgnoreCase))
        {
            data = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(data)));
        }

        return true;
    }

    /// <summary>The media type that the ending of an address or of a file's name tells; null when it tells none that is known.</summary>
    public static string? TypeOf(string address) => Path.GetExtension(address.Split('?', '#')[0]).ToLowerInvariant() switch
    {
        ".png" => "image/png",
        ".jpg" or ".jpeg" => "image/jpeg",
        ".gif" => "image/gif",
        ".webp" => "image/webp",
        ".pdf" => "application/pdf",
        ".csv" => "text/csv",
        ".doc" => "application/msword",
        ".docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".xls" => "application/vnd.ms-excel",
        ".xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".html" or ".htm" => "text/html",
        ".txt" => "text/plain",
        ".md" or ".markdown" => "text/markdown",
        ".mp4" => "video/mp4",
        ".mp3" => "audio/mpeg",
        ".wav" => "audio/wav",
        _ => null,
    };

    /// <summary>Whether a file of <paramref name="mediaType"/> is plain text to a model: JSON, or any <c>text/…</c> (code, XML).</summary>
    public static bool IsText(string mediaType) =>
        mediaType.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The media type that an address' ending suggests; a photograph's where it suggests none.</summary>
    public static string Guess(string address) => TypeOf(address) ?? "image/jpeg";
}

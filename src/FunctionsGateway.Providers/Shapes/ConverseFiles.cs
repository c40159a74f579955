using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Images and files as Converse's blocks, which tell a format out of a few and, for a document, a name of a few letters
/// (docs.aws.amazon.com, API reference, "ImageBlock", "DocumentBlock").</summary>
internal static class ConverseFiles
{
    private const int LongestName = 200;

    private static readonly string[] Images = ["png", "jpeg", "gif", "webp"];

    private static readonly string[] Papers = ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];

    /// <summary>The block of an image.</summary>
    /// <param name="address">Where it is: a <c>data:</c> or <c>s3://</c> address.</param>
    /// <exception cref="TranslationException">The address is another, or the format none of Converse's.</exception>
    public static JsonObject Image(string? address)
    {
        var (source, type) = Source(address);
        // What does not tell its type is most often a photograph.
        return Block(Format(type) ?? (type.Length > 0 ? null : "jpeg"), source, null) ?? throw Refusal("images", Images, type);
    }

    /// <summary>The block of a file: a document, or an image where it is one.</summary>
    /// <param name="address">Where it is: a <c>data:</c> or <c>s3://</c> address.</param>
    /// <param name="fileName">What the caller calls it.</param>
    /// <exception cref="TranslationException">The address is another, or the format none of Converse's.</exception>
    public static JsonObject File(string? address, string? fileName)
    {
        var (source, type) = Source(address);
        // Any other text is read as such.
        var format = Format(type) ?? Format(DataUri.TypeOf(fileName ?? "")) ?? (DataUri.IsText(type) ? "txt" : null);
        return Block(format, source, fileName) ?? throw Refusal("documents", Papers, type.Length > 0 ? type : fileName ?? address!);
    }

    /// <summary>Numbers documents of one name, wherever in the conversation they are: Converse refuses two of them.</summary>
    public static void TellApart(JsonArray turns)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var document in turns.SelectMany(turn => Documents(((JsonObject)turn!).Array("content")!)))
        {
            if (document.Text("name") is not { } name || names.Add(name))
            {
                continue;
            }

            var number = 2;
            while (!names.Add(Numbered(name, number)))
            {
                number++;
            }

            document["name"] = Numbered(name, number);
        }

        static IEnumerable<JsonObject> Documents(JsonArray blocks) => blocks.OfType<JsonObject>().SelectMany(block =>
            block.Object("document") is { } document ? [document] : block.Object("toolResult")?.Array("content") is { } inner ? Documents(inner) : []);

        static string Numbered(string name, int number) => $"{name[..Math.Min(name.Length, LongestName - 8)]}-{number}";
    }

    // Converse takes bytes only; it fetches nothing but from S3.
    private static (JsonObject Source, string Type) Source(string? address) =>
        address is not null && DataUri.TryRead(address, out var type, out var data) ? (new() { ["bytes"] = data }, type)
        : address?.StartsWith("s3://", StringComparison.OrdinalIgnoreCase) == true
            ? (new() { ["s3Location"] = new JsonObject { ["uri"] = address } }, DataUri.TypeOf(address) ?? "")
        : throw new TranslationException("Amazon Bedrock takes images and files as data: or s3:// addresses only.");

    private static JsonObject? Block(string? format, JsonObject source, string? fileName)
    {
        if (format is null)
        {
            return null;
        }

        var block = new JsonObject { ["format"] = format, ["source"] = source };
        if (Images.Contains(format))
        {
            return new() { ["image"] = block };
        }

        block["name"] = Name(fileName);
        return new() { ["document"] = block };
    }

    private static string? Format(string? type) => type?.ToLowerInvariant() switch
    {
        "image/png" => "png",
        "image/jpeg" or "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "application/pdf" => "pdf",
        "text/csv" or "application/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/plain" => "txt",
        "text/markdown" or "text/x-markdown" => "md",
        _ => null,
    };

    // Letters and digits, single spaces, hyphens and brackets; a dot would be refused, and so would no name at all.
    private static string Name(string? fileName)
    {
        var name = new StringBuilder();
        foreach (var letter in Path.GetFileNameWithoutExtension(fileName ?? "").Trim())
        {
            var allowed = char.IsAsciiLetterOrDigit(letter) || letter is '(' or ')' or '[' or ']' ? letter : char.IsWhiteSpace(letter) ? ' ' : '-';
            if (name.Length < LongestName && (allowed != ' ' || name[^1] != ' '))
            {
                name.Append(allowed);
            }
        }

        return name.Length > 0 ? name.ToString().TrimEnd() : "document";
    }

    private static TranslationException Refusal(string what, string[] formats, string found) =>
        new($"Amazon Bedrock takes {what} of the formats {string.Join(", ", formats)}; found '{found}'.");
}

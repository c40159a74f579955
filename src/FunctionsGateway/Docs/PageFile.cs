using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Docs;

/// <summary>A file of the docs page, held in the assembly; the large ones are compressed there and sent as they are.</summary>
internal sealed class PageFile
{
    // Nothing from elsewhere; the page's own scripts alone. Swagger UI sets style attributes.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly ConcurrentDictionary<string, PageFile?> Known = new();
    private static readonly HashSet<string> Names = [.. typeof(PageFile).Assembly.GetManifestResourceNames()];

    private readonly string _type;
    private readonly byte[] _bytes;
    private readonly bool _isCompressed;

    private PageFile(string name, string resource)
    {
        using var stream = typeof(PageFile).Assembly.GetManifestResourceStream(resource)!;
        _bytes = new byte[stream.Length];
        stream.ReadExactly(_bytes);
        _isCompressed = resource.EndsWith(".gz", StringComparison.Ordinal);
        _type = Path.GetExtension(name) switch { ".js" => "text/javascript; charset=utf-8", ".css" => "text/css; charset=utf-8", _ => "text/html; charset=utf-8" };
    }

    /// <summary>The file of that name, or null.</summary>
    public static PageFile? Find(string name)
    {
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            // how a file lies here is nobody's business
            return null;
        }

        var resource = $"FunctionsGateway.Docs.Page.{name}";
        resource = Names.Contains(resource) ? resource : $"{resource}.gz";
        return Names.Contains(resource) ? Known.GetOrAdd(name, _ => new PageFile(name, resource)) : null;
    }

    /// <summary>Answers with the file.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = _type;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = _type.StartsWith("text/html", StringComparison.Ordinal) ? "no-cache" : "max-age=3600";
        if (_isCompressed && !context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            await using var open = new GZipStream(new MemoryStream(_bytes), CompressionMode.Decompress);
            await open.CopyToAsync(response.Body, context.RequestAborted);
            return;
        }

        if (_isCompressed)
        {
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Vary = "Accept-Encoding";
        }

        response.ContentLength = _bytes.Length;
        await response.Body.WriteAsync(_bytes, context.RequestAborted);
    }
}

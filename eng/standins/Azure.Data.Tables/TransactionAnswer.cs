using System.Globalization;
using System.Text;

namespace Azure.Data.Tables;

/// <summary>Takes the answers of a transaction's parts out of its multipart answer.</summary>
internal static class TransactionAnswer
{
    /// <summary>One response per part; a refused transaction has a single one, the refusal.</summary>
    public static List<Response> Parse(Response whole)
    {
        var text = Encoding.UTF8.GetString(whole.Content.ToMemory().Span);
        var lines = new Queue<string>(text.Split('\n').Select(line => line.TrimEnd('\r')));
        var parts = new List<Response>();
        while (lines.TryDequeue(out var line))
        {
            if (line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
            {
                parts.Add(Part(line, lines, whole.ClientRequestId));
            }
        }

        return parts;
    }

    private static PartResponse Part(string statusLine, Queue<string> lines, string requestId)
    {
        var status = statusLine.Split(' ', 3);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (lines.TryDequeue(out var line) && line.Length > 0)
        {
            var colon = line.IndexOf(':');
            if (colon > 0)
            {
                headers[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        var body = new StringBuilder();
        while (lines.TryPeek(out var line) && !line.StartsWith("--changesetresponse", StringComparison.Ordinal) && !line.StartsWith("--batchresponse", StringComparison.Ordinal))
        {
            body.Append(lines.Dequeue()).Append('\n');
        }

        return new PartResponse(int.Parse(status[1], CultureInfo.InvariantCulture), status.Length > 2 ? status[2] : "", headers, body.ToString(), requestId);
    }
}

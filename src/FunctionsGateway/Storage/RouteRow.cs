using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Storage;

/// <summary>The rows of table <c>routes</c>, all of one partition: <c>version</c>, <c>import.{source}</c> and <c>route.{name}</c>.</summary>
internal static class RouteRow
{
    /// <summary>The partition.</summary>
    public const string Partition = "routes";

    /// <summary>The key of the version row.</summary>
    public const string VersionKey = "version";

    // A property holds 32,768 UTF-16 code units, a row 1 MiB.
    private const int ChunkLength = 32_000;
    private const int Longest = 480_000;
    private const int LongestKey = 1_000;

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

    /// <summary>The rows changed after a version.</summary>
    public static string ChangedAfter(long version) =>
        TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey ge {"route."} and RowKey lt {"route/"} and Version gt {version}");

    /// <summary>What removed routes left before a time.</summary>
    public static string RemovedBefore(DateTimeOffset before) =>
        TableClient.CreateQueryFilter($"PartitionKey eq {Partition} and RowKey ge {"route."} and RowKey lt {"route/"} and Removed eq {true} and At lt {before}");

    /// <summary>The key of a route.</summary>
    public static string Key(string name) => "route." + Encoded(name);

    /// <summary>The key of an import's state.</summary>
    public static string ImportKey(string source) => "import." + Encoded(source);

    /// <summary>The row of a route, or of what a removed one leaves.</summary>
    /// <param name="name">The name.</param>
    /// <param name="route">The route, or null.</param>
    /// <param name="version">The number of the commit.</param>
    /// <param name="mark">What tells this commit's rows from those of any other.</param>
    /// <param name="now">The time.</param>
    public static TableEntity Write(string name, GatewayRoute? route, long version, string mark, DateTimeOffset now)
    {
        var row = new TableEntity(Partition, Key(name)) { ["Name"] = name, ["Version"] = version, ["Mark"] = mark, ["At"] = now, ["Removed"] = route is null };
        if (route is not null)
        {
            var text = RouteJson.Write(route);
            if (text.Length > Longest)
            {
                throw new GatewayException(413, $"The route '{name}' takes {text.Length} characters to store; a row holds at most {Longest}.");
            }

            var count = 0;
            for (var start = 0; start < text.Length; count++)
            {
                var length = Math.Min(ChunkLength, text.Length - start);
                length -= char.IsHighSurrogate(text[start + length - 1]) ? 1 : 0;
                row[Chunk(count)] = text.Substring(start, length);
                start += length;
            }
        }

        return row;
    }

    /// <summary>What the row says.</summary>
    public static RouteChange Read(TableEntity row)
    {
        var version = row.GetInt64("Version") ?? 0;
        var etag = row.ETag.ToString();
        var at = row.GetDateTimeOffset("At") ?? DateTimeOffset.UnixEpoch;
        if (row.GetBoolean("Removed") == true)
        {
            return new RouteChange(row.GetString("Name")!, version, null, etag, at);
        }

        var text = new StringBuilder();
        for (var count = 0; row.GetString(Chunk(count)) is { } chunk; count++)
        {
            text.Append(chunk);
        }

        var route = RouteJson.Read(text.ToString()) with { Version = version, ETag = etag };
        return new RouteChange(route.Name, version, route, etag, at);
    }

    /// <summary>The row of an import's state.</summary>
    public static TableEntity Write(ImportState import) => new(Partition, ImportKey(import.Source))
    {
        ["Source"] = import.Source,
        ["Hash"] = import.Hash,
        ["Applied"] = import.Applied,
        ["Owner"] = import.Owner,
        ["Until"] = import.Until,
    };

    /// <summary>The import's state that the row holds.</summary>
    public static ImportState ReadImport(TableEntity row) => new(
        row.GetString("Source")!,
        row.GetString("Hash")!,
        row.GetString("Applied"),
        row.GetString("Owner"),
        row.GetDateTimeOffset("Until") ?? DateTimeOffset.UnixEpoch,
        row.ETag.ToString());

    private static string Chunk(int index) => string.Create(CultureInfo.InvariantCulture, $"Json{index}");

    // Letters of any script are legal in keys, but slashes and control characters are not, and some clients normalise.
    private static string Encoded(string name)
    {
        var key = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            _ = Plain.Contains(c) ? key.Append(c) : key.Append(CultureInfo.InvariantCulture, $"~{(int)c:x4}");
        }

        return key.Length <= LongestKey ? key.ToString() : "~~" + Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(name)));
    }
}

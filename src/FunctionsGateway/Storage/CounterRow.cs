using Azure.Data.Tables;
using FunctionsGateway.Limits.Counting;

namespace FunctionsGateway.Storage;

/// <summary>The stored form of a counter's row.</summary>
internal static class CounterRow
{
    /// <summary>The row key of every counter: its partition is its own.</summary>
    public const string RowKey = "c";

    /// <summary>The entity to write.</summary>
    public static TableEntity Write(CounterIdentity counter, LimitWindow row) => new(counter.PartitionKey(), RowKey)
    {
        ["Route"] = counter.Route,
        ["Period"] = counter.Period.ToString(),
        ["Window"] = row.Label,
        ["Reserved"] = row.Reserved,
        ["Debt"] = row.Debt,
        ["LimitsVersion"] = row.LimitsVersion,
        ["Writer"] = row.Writer,
        ["Sequence"] = row.Sequence,
        ["Writers"] = string.Join(',', row.Writers),
        ["FormerWriters"] = string.Join(',', row.FormerWriters),
        ["Over"] = row.OverAt(counter.Period),
    };

    /// <summary>The row of a stored entity.</summary>
    /// <exception cref="InvalidDataException">It is another counter's, or not a counter's.</exception>
    public static LimitWindow Read(TableEntity entity, CounterIdentity counter) =>
        entity.GetString("Route") == counter.Route && entity.GetString("Period") == counter.Period.ToString()
            ? new LimitWindow
            {
                Label = entity.Number("Window"),
                Reserved = entity.Number("Reserved"),
                Debt = entity.Number("Debt"),
                LimitsVersion = entity.Number("LimitsVersion"),
                Writer = entity.GetString("Writer") ?? "",
                Sequence = entity.Number("Sequence"),
                Writers = entity.Names("Writers"),
                FormerWriters = entity.Names("FormerWriters"),
            }
            : throw new InvalidDataException($"Row {entity.PartitionKey} of the counters table is not the counter of route '{counter.Route}'.");

    private static long Number(this TableEntity entity, string name) => entity.GetInt64(name) ?? 0;

    private static string[] Names(this TableEntity entity, string name) => entity.GetString(name) is { Length: > 0 } text ? text.Split(',') : [];
}

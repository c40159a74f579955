namespace Azure.Data.Tables;

/// <summary>A row of a table: its two keys, and what the service knows of its last change.</summary>
public interface ITableEntity
{
    /// <summary>Groups rows that are stored, queried and changed together.</summary>
    string PartitionKey { get; set; }

    /// <summary>Names the row within its partition.</summary>
    string RowKey { get; set; }

    /// <summary>When the service last changed the row; <see langword="null"/> on a row that was not read. Never sent.</summary>
    DateTimeOffset? Timestamp { get; set; }

    /// <summary>The version of the row as it was read; default on a row that was not read. Writes do not change it.</summary>
    ETag ETag { get; set; }
}

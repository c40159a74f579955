namespace Azure.Data.Tables;

/// <summary>What a <see cref="TableTransactionAction"/> does to its entity.</summary>
public enum TableTransactionActionType
{
    /// <summary>Adds it; fails the transaction if it exists.</summary>
    Add = 0,

    /// <summary>Merges it into the stored row.</summary>
    UpdateMerge = 1,

    /// <summary>Replaces the stored row.</summary>
    UpdateReplace = 2,

    /// <summary>Deletes it; fails the transaction if it does not exist.</summary>
    Delete = 3,

    /// <summary>Adds it, or merges it into the stored row.</summary>
    UpsertMerge = 4,

    /// <summary>Adds it, or replaces the stored row.</summary>
    UpsertReplace = 5,
}

/// <summary>One step of an entity-group transaction.</summary>
/// <param name="actionType">What is done.</param>
/// <param name="entity">The row it is done to.</param>
/// <param name="etag">The version that an update or delete demands; default demands none. Ignored by adds and upserts.</param>
public class TableTransactionAction(TableTransactionActionType actionType, ITableEntity entity, ETag etag = default)
{
    /// <summary>A step that demands no version.</summary>
    /// <param name="actionType">What is done.</param>
    /// <param name="entity">The row it is done to.</param>
    public TableTransactionAction(TableTransactionActionType actionType, ITableEntity entity)
        : this(actionType, entity, default)
    {
    }

    /// <summary>What is done.</summary>
    public TableTransactionActionType ActionType { get; } = actionType;

    /// <summary>The row it is done to.</summary>
    public ITableEntity Entity { get; } = entity;

    /// <summary>The version that is demanded, or default.</summary>
    public ETag ETag { get; } = etag;
}

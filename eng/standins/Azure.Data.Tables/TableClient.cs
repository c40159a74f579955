using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>One table.</summary>
public partial class TableClient
{
    private readonly TableConnection _connection;

    /// <summary>Connects by a connection string.</summary>
    /// <param name="connectionString">Endpoint and key, or <c>UseDevelopmentStorage=true</c>.</param>
    /// <param name="tableName">The table's name.</param>
    /// <exception cref="FormatException">The text names no endpoint.</exception>
    public TableClient(string connectionString, string tableName)
        : this(connectionString, tableName, null)
    {
    }

    /// <summary>Connects by a connection string.</summary>
    /// <param name="connectionString">Endpoint and key, or <c>UseDevelopmentStorage=true</c>.</param>
    /// <param name="tableName">The table's name.</param>
    /// <param name="options">How to speak to the service.</param>
    /// <exception cref="FormatException">The text names no endpoint.</exception>
    public TableClient(string connectionString, string tableName, TableClientOptions? options = null)
        : this(new TableConnection(ConnectionString.Parse(connectionString), options), tableName)
    {
    }

    /// <summary>Connects by the account's key.</summary>
    /// <param name="endpoint">The account's table endpoint.</param>
    /// <param name="tableName">The table's name.</param>
    /// <param name="credential">The account and its key.</param>
    /// <param name="options">How to speak to the service.</param>
    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential, TableClientOptions? options = null)
        : this(new TableConnection(endpoint, new SharedKeyLitePolicy(credential), options), tableName)
    {
    }

    /// <summary>Connects by an identity.</summary>
    /// <param name="endpoint">The account's table endpoint.</param>
    /// <param name="tableName">The table's name.</param>
    /// <param name="tokenCredential">Gives the tokens.</param>
    /// <param name="options">How to speak to the service.</param>
    /// <exception cref="ArgumentException">The endpoint is not https.</exception>
    public TableClient(Uri endpoint, string tableName, TokenCredential tokenCredential, TableClientOptions? options = null)
        : this(new TableConnection(endpoint, tokenCredential, options), tableName)
    {
    }

    /// <summary>For substitutes in tests.</summary>
    protected TableClient() => (_connection, Name) = (null!, "");

    internal TableClient(TableConnection connection, string tableName)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        (_connection, Name) = (connection, tableName);
    }

    /// <summary>The table's name.</summary>
    public virtual string Name { get; }

    /// <summary>The account's name.</summary>
    public virtual string AccountName => _connection.AccountName;

    /// <summary>The table's address.</summary>
    public virtual Uri Uri => new($"{_connection.Uri.AbsoluteUri.TrimEnd('/')}/{Name}");

    /// <summary>A filter whose values are quoted as the service wants them.</summary>
    /// <param name="filter">An interpolated filter such as <c>$"PartitionKey eq {key}"</c>.</param>
    public static string CreateQueryFilter(FormattableString filter) => ODataFilter.Create(filter);

    /// <summary>Creates the table.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">409 when it exists, or another refusal.</exception>
    public virtual Task<Response<TableItem>> CreateAsync(CancellationToken cancellationToken = default) =>
        TableServiceClient.CreateAsync(_connection, Name, 0, cancellationToken);

    /// <summary>Creates the table; one that exists is no fault, its answer has status 409.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">Any other refusal, such as 409 while a table of that name is being deleted.</exception>
    public virtual Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        TableServiceClient.CreateAsync(_connection, Name, 409, cancellationToken);

    /// <summary>Deletes the table; one that does not exist is no fault, its answer has status 404.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">Any other refusal.</exception>
    public virtual Task<Response> DeleteAsync(CancellationToken cancellationToken = default) =>
        TableServiceClient.DeleteAsync(_connection, Name, cancellationToken);

    /// <summary>Adds a row; the answer's header has its ETag.</summary>
    /// <param name="entity">The row.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">409 when the row exists, or another refusal.</exception>
    public virtual async Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        using var message = _connection.Message(RequestMethod.Post, Name);
        message.Request.Headers.Add("Prefer", "return-no-content");
        Body(message, entity);
        return await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a row.</summary>
    /// <param name="partitionKey">Its partition key.</param>
    /// <param name="rowKey">Its row key.</param>
    /// <param name="select">Names of the properties to read; <see langword="null"/> reads all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">404 when there is no such row, or another refusal.</exception>
    public virtual async Task<Response<T>> GetEntityAsync<T>(string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        using var message = Read<T>(partitionKey, rowKey, select);
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return Response.FromValue((T)(object)EntityReader.ReadOne(response.Content.ToMemory().Span), response);
    }

    /// <summary>Reads a row that may be missing.</summary>
    /// <param name="partitionKey">Its partition key.</param>
    /// <param name="rowKey">Its row key.</param>
    /// <param name="select">Names of the properties to read; <see langword="null"/> reads all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">Any refusal but 404.</exception>
    public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        using var message = Read<T>(partitionKey, rowKey, select);
        var response = await _connection.SendAsync(message, cancellationToken, tolerated: 404).ConfigureAwait(false);
        return response.Status == 404
            ? new NoRow<T>(response)
            : Response.FromValue((T)(object)EntityReader.ReadOne(response.Content.ToMemory().Span), response);
    }

    /// <summary>Changes a row that has a version; the answer's header has its new ETag, the entity keeps its old one.</summary>
    /// <param name="entity">The row.</param>
    /// <param name="ifMatch">The version that is demanded; <see cref="ETag.All"/> demands only that the row exists.</param>
    /// <param name="mode">What becomes of properties that are not named.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">No version is given.</exception>
    /// <exception cref="RequestFailedException">412 when the row has another version, 404 when it is gone, or another refusal.</exception>
    public virtual Task<Response> UpdateEntityAsync<T>(T entity, ETag ifMatch, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
        where T : ITableEntity =>
        ifMatch == default
            ? throw new ArgumentException("An update needs an ETag; ETag.All demands only that the row exists.", nameof(ifMatch))
            : WriteAsync(entity, ifMatch, mode, cancellationToken);

    /// <summary>Adds a row or changes it, whatever its version; the answer's header has its ETag.</summary>
    /// <param name="entity">The row.</param>
    /// <param name="mode">What becomes of properties that are not named.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">The service refused.</exception>
    public virtual Task<Response> UpsertEntityAsync<T>(T entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
        where T : ITableEntity =>
        WriteAsync(entity, default, mode, cancellationToken);

    /// <summary>Deletes a row; one that does not exist is no fault, its answer has status 404.</summary>
    /// <param name="partitionKey">Its partition key.</param>
    /// <param name="rowKey">Its row key.</param>
    /// <param name="ifMatch">The version that is demanded; default demands none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">412 when the row has another version, or another refusal.</exception>
    public virtual async Task<Response> DeleteEntityAsync(string partitionKey, string rowKey, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        using var message = _connection.Message(RequestMethod.Delete, RowPath(Name, partitionKey, rowKey));
        message.Request.Headers.Add(HttpHeader.Names.IfMatch, ifMatch == default ? "*" : ifMatch.ToString());
        return await _connection.SendAsync(message, cancellationToken, tolerated: 404).ConfigureAwait(false);
    }

    /// <summary>Deletes a row; one that does not exist is no fault, its answer has status 404.</summary>
    /// <param name="entity">The row; its own ETag is not looked at.</param>
    /// <param name="ifMatch">The version that is demanded; default demands none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">412 when the row has another version, or another refusal.</exception>
    public virtual Task<Response> DeleteEntityAsync(ITableEntity entity, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return DeleteEntityAsync(entity.PartitionKey, entity.RowKey, ifMatch, cancellationToken);
    }

    /// <summary>Reads the rows that a filter lets through, in order of their keys, page by page.</summary>
    /// <param name="filter">An OData filter; <see langword="null"/> reads all.</param>
    /// <param name="maxPerPage">The longest page; the service's own bound is 1,000.</param>
    /// <param name="select">Names of the properties to read; <see langword="null"/> reads all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual AsyncPageable<T> QueryAsync<T>(string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        DemandTableEntity<T>();
        var names = select is null ? null : string.Join(',', select);
        return new TablePages<T>((continuation, top, cancellation) => PageAsync<T>(filter, names, continuation, top, cancellation), maxPerPage, cancellationToken);
    }

    /// <summary>Does all actions or none; all rows must be of one partition.</summary>
    /// <param name="transactionActions">1 to 100 actions, each row once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">There is no action.</exception>
    /// <exception cref="TableTransactionFailedException">An action was refused, hence all.</exception>
    /// <exception cref="RequestFailedException">The transaction as a whole was refused.</exception>
    public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        using var message = new Transaction(_connection, Name).Message(transactionActions);
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var parts = TransactionAnswer.Parse(response);
        return parts.Find(part => part.IsError) is { } refusal
            ? throw new TableTransactionFailedException(new RequestFailedException(refusal, null, new ErrorParser()))
            : Response.FromValue<IReadOnlyList<Response>>(parts, response);
    }
}

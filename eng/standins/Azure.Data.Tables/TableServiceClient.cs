using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>The Table service of one account.</summary>
public class TableServiceClient
{
    private readonly TableConnection _connection;

    /// <summary>Connects by a connection string.</summary>
    /// <param name="connectionString">Endpoint and key, or <c>UseDevelopmentStorage=true</c>.</param>
    /// <exception cref="FormatException">The text names no endpoint.</exception>
    public TableServiceClient(string connectionString)
        : this(connectionString, null)
    {
    }

    /// <summary>Connects by a connection string.</summary>
    /// <param name="connectionString">Endpoint and key, or <c>UseDevelopmentStorage=true</c>.</param>
    /// <param name="options">How to speak to the service.</param>
    /// <exception cref="FormatException">The text names no endpoint.</exception>
    public TableServiceClient(string connectionString, TableClientOptions? options = null) =>
        _connection = new(ConnectionString.Parse(connectionString), options);

    /// <summary>Connects by an address that holds a shared access signature.</summary>
    /// <param name="endpoint">The account's table endpoint.</param>
    /// <param name="options">How to speak to the service.</param>
    public TableServiceClient(Uri endpoint, TableClientOptions? options = null) => _connection = new(endpoint, authentication: null, options);

    /// <summary>Connects by the account's key.</summary>
    /// <param name="endpoint">The account's table endpoint.</param>
    /// <param name="credential">The account and its key.</param>
    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential)
        : this(endpoint, credential, null)
    {
    }

    /// <summary>Connects by the account's key.</summary>
    /// <param name="endpoint">The account's table endpoint.</param>
    /// <param name="credential">The account and its key.</param>
    /// <param name="options">How to speak to the service.</param>
    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions? options) =>
        _connection = new(endpoint, new SharedKeyLitePolicy(credential), options);

    /// <summary>Connects by an identity.</summary>
    /// <param name="endpoint">The account's table endpoint.</param>
    /// <param name="tokenCredential">Gives the tokens.</param>
    /// <param name="options">How to speak to the service.</param>
    /// <exception cref="ArgumentException">The endpoint is not https.</exception>
    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions? options = null) =>
        _connection = new(endpoint, tokenCredential, options);

    /// <summary>For substitutes in tests.</summary>
    protected TableServiceClient() => _connection = null!;

    /// <summary>The account's name.</summary>
    public virtual string AccountName => _connection.AccountName;

    /// <summary>The account's table endpoint.</summary>
    public virtual Uri Uri => _connection.Uri;

    /// <summary>A filter whose values are quoted as the service wants them.</summary>
    /// <param name="filter">An interpolated filter such as <c>$"PartitionKey eq {key}"</c>.</param>
    public static string CreateQueryFilter(FormattableString filter) => ODataFilter.Create(filter);

    /// <summary>A client of one table, over the same connection.</summary>
    /// <param name="tableName">The table's name.</param>
    public virtual TableClient GetTableClient(string tableName) => new(_connection, tableName);

    /// <summary>Creates a table.</summary>
    /// <param name="tableName">The table's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">409 when it exists, or another refusal.</exception>
    public virtual Task<Response<TableItem>> CreateTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        CreateAsync(_connection, tableName, 0, cancellationToken);

    /// <summary>Creates a table; one that exists is no fault, its answer has status 409.</summary>
    /// <param name="tableName">The table's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">Any other refusal, such as 409 while a table of that name is being deleted.</exception>
    public virtual Task<Response<TableItem>> CreateTableIfNotExistsAsync(string tableName, CancellationToken cancellationToken = default) =>
        CreateAsync(_connection, tableName, 409, cancellationToken);

    /// <summary>Deletes a table; one that does not exist is no fault, its answer has status 404.</summary>
    /// <param name="tableName">The table's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RequestFailedException">Any other refusal.</exception>
    public virtual Task<Response> DeleteTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        DeleteAsync(_connection, tableName, cancellationToken);

    /// <summary>Lists tables.</summary>
    /// <param name="filter">An OData filter over <c>TableName</c>; <see langword="null"/> lists all.</param>
    /// <param name="maxPerPage">The longest page.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual AsyncPageable<TableItem> QueryAsync(string? filter = null, int? maxPerPage = null, CancellationToken cancellationToken = default) =>
        new TablePages<TableItem>((continuation, top, cancellation) => PageAsync(filter, continuation, top, cancellation), maxPerPage, cancellationToken);

    internal static async Task<Response<TableItem>> CreateAsync(TableConnection connection, string table, int tolerated, CancellationToken cancellationToken)
    {
        using var message = connection.Message(RequestMethod.Post, "Tables");
        message.Request.Headers.Add("Prefer", "return-no-content");
        message.Request.Headers.Add(HttpHeader.Names.ContentType, "application/json;odata=nometadata");
        message.Request.Content = RequestContent.Create(Encoding.UTF8.GetBytes($"{{\"TableName\":\"{JsonEncodedText.Encode(table)}\"}}"));
        var response = await connection.SendAsync(message, cancellationToken, tolerated).ConfigureAwait(false);
        if (response.Status == 409 && new RequestFailedException(response) is { ErrorCode: not "TableAlreadyExists" } refusal)
        {
            throw refusal;
        }

        return Response.FromValue(new TableItem(table), response);
    }

    internal static async Task<Response> DeleteAsync(TableConnection connection, string table, CancellationToken cancellationToken)
    {
        using var message = connection.Message(RequestMethod.Delete, $"Tables({Uri.EscapeDataString(ODataFilter.Quoted(table))})");
        return await connection.SendAsync(message, cancellationToken, tolerated: 404).ConfigureAwait(false);
    }

    private async Task<Page<TableItem>> PageAsync(string? filter, string? continuation, int? top, CancellationToken cancellationToken)
    {
        using var message = _connection.Message(RequestMethod.Get, "Tables", TableConnection.PageQuery(filter, top, null, continuation, "NextTableName", null));
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        using var body = JsonDocument.Parse(response.Content);
        var tables = body.RootElement.GetProperty("value").EnumerateArray().Select(table => new TableItem(table.GetProperty("TableName").GetString()!)).ToList();
        response.Headers.TryGetValue("x-ms-continuation-NextTableName", out var next);
        return Page<TableItem>.FromValues(tables, next, response);
    }
}

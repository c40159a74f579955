using Azure.Core;

namespace Azure.Data.Tables;

public partial class TableClient
{
    internal static string RowPath(string table, string partitionKey, string rowKey)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        return $"{table}(PartitionKey={Uri.EscapeDataString(ODataFilter.Quoted(partitionKey))},RowKey={Uri.EscapeDataString(ODataFilter.Quoted(rowKey))})";
    }

    private static void DemandTableEntity<T>()
    {
        if (typeof(T) != typeof(TableEntity))
        {
            throw new NotSupportedException($"This stand-in of Azure.Data.Tables reads TableEntity only, not {typeof(T)}.");
        }
    }

    private static void Body(HttpMessage message, ITableEntity entity)
    {
        message.Request.Headers.Add(HttpHeader.Names.ContentType, "application/json;odata=nometadata");
        message.Request.Content = RequestContent.Create(EntityWriter.Write(entity));
    }

    private HttpMessage Read<T>(string partitionKey, string rowKey, IEnumerable<string>? select)
    {
        DemandTableEntity<T>();
        var query = TableConnection.PageQuery(null, null, select is null ? null : string.Join(',', select), null, "", null);
        return _connection.Message(RequestMethod.Get, RowPath(Name, partitionKey, rowKey), query);
    }

    private async Task<Response> WriteAsync(ITableEntity entity, ETag ifMatch, TableUpdateMode mode, CancellationToken cancellationToken)
    {
        var method = mode == TableUpdateMode.Replace ? RequestMethod.Put : RequestMethod.Patch;
        using var message = _connection.Message(method, RowPath(Name, entity.PartitionKey, entity.RowKey));
        if (ifMatch != default)
        {
            message.Request.Headers.Add(HttpHeader.Names.IfMatch, ifMatch.ToString());
        }

        Body(message, entity);
        return await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Page<T>> PageAsync<T>(string? filter, string? select, string? continuation, int? top, CancellationToken cancellationToken)
        where T : class, ITableEntity
    {
        var query = TableConnection.PageQuery(filter, top, select, continuation, "NextPartitionKey", "NextRowKey");
        using var message = _connection.Message(RequestMethod.Get, $"{Name}()", query);
        var response = await _connection.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var rows = (IReadOnlyList<T>)(object)EntityReader.ReadPage(response.Content.ToMemory().Span);
        var next = response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition)
            ? $"{partition} {(response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row) ? row : "")}"
            : null;
        return Page<T>.FromValues(rows, next, response);
    }

    private sealed class NoRow<T>(Response response) : NullableResponse<T>
    {
        public override bool HasValue => false;

        public override T Value => throw new InvalidOperationException("There is no such row.");

        public override Response GetRawResponse() => response;
    }
}

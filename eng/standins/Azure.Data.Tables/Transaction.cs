using System.Buffers;
using System.Text;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>An entity-group transaction on the wire: a changeset of HTTP requests inside one multipart body.</summary>
internal sealed class Transaction(TableConnection connection, string table)
{
    private static readonly byte[] NewLine = "\r\n"u8.ToArray();

    // Azurite knows a boundary by these prefixes only; Azure takes any.
    private readonly string _batch = $"batch_{Guid.NewGuid()}";
    private readonly string _changeset = $"changeset_{Guid.NewGuid()}";

    public HttpMessage Message(IEnumerable<TableTransactionAction> actions)
    {
        ArgumentNullException.ThrowIfNull(actions);
        var body = new ArrayBufferWriter<byte>(4096);
        Line(body, $"--{_batch}");
        Line(body, $"Content-Type: multipart/mixed; boundary={_changeset}");
        Line(body);
        var count = 0;
        foreach (var action in actions)
        {
            Part(body, action);
            count++;
        }

        if (count == 0)
        {
            throw new InvalidOperationException("A transaction needs at least one action.");
        }

        Line(body, $"--{_changeset}--");
        Line(body, $"--{_batch}--");
        var message = connection.Message(RequestMethod.Post, "$batch");
        message.Request.Headers.Add(HttpHeader.Names.ContentType, $"multipart/mixed; boundary={_batch}");
        message.Request.Content = RequestContent.Create(body.WrittenMemory);
        return message;
    }

    private void Part(ArrayBufferWriter<byte> body, TableTransactionAction action)
    {
        var type = action.ActionType;
        var method = type switch
        {
            TableTransactionActionType.Add => "POST",
            TableTransactionActionType.Delete => "DELETE",
            TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpsertMerge => "PATCH",
            TableTransactionActionType.UpdateReplace or TableTransactionActionType.UpsertReplace => "PUT",
            _ => throw new InvalidOperationException($"There is no action {type}."),
        };
        var path = type == TableTransactionActionType.Add ? table : TableClient.RowPath(table, action.Entity.PartitionKey, action.Entity.RowKey);
        Line(body, $"--{_changeset}");
        Line(body, "Content-Type: application/http");
        Line(body, "Content-Transfer-Encoding: binary");
        Line(body);
        Line(body, $"{method} {connection.Address(path)} HTTP/1.1");
        Line(body, $"Accept: {TableConnection.Json}");
        Line(body, "DataServiceVersion: 3.0");
        if (type == TableTransactionActionType.Add)
        {
            Line(body, "Prefer: return-no-content");
        }

        if (IfMatch(action) is { } etag)
        {
            Line(body, $"If-Match: {etag}");
        }

        if (type == TableTransactionActionType.Delete)
        {
            Line(body);
        }
        else
        {
            Line(body, "Content-Type: application/json;odata=nometadata");
            Line(body);
            body.Write(EntityWriter.Write(action.Entity).Span);
        }

        Line(body);
    }

    // As officially: an update without a version is an upsert here, a delete without one is unconditional.
    private static string? IfMatch(TableTransactionAction action) => action.ActionType switch
    {
        TableTransactionActionType.Delete => action.ETag == default ? "*" : action.ETag.ToString(),
        TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpdateReplace when action.ETag != default => action.ETag.ToString(),
        _ => null,
    };

    private static void Line(ArrayBufferWriter<byte> body, string text = "")
    {
        Encoding.UTF8.GetBytes(text, body);
        body.Write(NewLine);
    }
}

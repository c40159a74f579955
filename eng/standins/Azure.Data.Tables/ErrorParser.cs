using System.Globalization;
using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Finds code, message and, in a transaction, the index of the refused action in an error's body.</summary>
internal sealed class ErrorParser : RequestFailedDetailsParser
{
    public override bool TryParse(Response response, out ResponseError? error, out IDictionary<string, string>? data)
    {
        (error, data) = (null, null);
        try
        {
            using var body = JsonDocument.Parse(response.Content);
            var fault = body.RootElement.GetProperty("odata.error");
            var message = fault.GetProperty("message").GetProperty("value").GetString() ?? "";
            error = new ResponseError(fault.GetProperty("code").GetString(), message);
            var colon = message.IndexOf(':');
            if (colon > 0 && int.TryParse(message.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                data = new Dictionary<string, string> { [TableTransactionFailedException.FailedEntity] = message[..colon] };
            }

            return true;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Front ends and proxies answer with bodies of their own.
            if (response.Headers.TryGetValue("x-ms-error-code", out var code))
            {
                error = new ResponseError(code, response.ReasonPhrase);
            }

            return error is not null;
        }
    }
}

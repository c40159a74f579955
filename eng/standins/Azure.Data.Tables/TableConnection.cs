using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>The wire: one pipeline to one account, shared by the clients that are made from each other.</summary>
internal sealed class TableConnection
{
    public const string Json = "application/json;odata=minimalmetadata";

    private readonly HttpPipeline _pipeline;
    private readonly string _root;
    private readonly string _signature;
    private readonly string _version;

    public TableConnection(Uri endpoint, HttpPipelinePolicy? authentication, TableClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        options ??= new();
        var pipeline = new HttpPipelineOptions(options) { RequestFailedDetailsParser = new ErrorParser() };
        if (authentication is not null)
        {
            pipeline.PerRetryPolicies.Add(authentication);
        }

        _pipeline = HttpPipelineBuilder.Build(pipeline);
        _version = options.VersionString;
        _signature = endpoint.Query.TrimStart('?');
        _root = endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');
        Uri = new Uri(_root);
        AccountName = Uri.IsLoopback || Uri.HostNameType != UriHostNameType.Dns
            ? Uri.AbsolutePath.Trim('/')
            : Uri.Host.Split('.')[0];
    }

    public TableConnection(ConnectionString text, TableClientOptions? options)
        : this(text.Endpoint, text.Credential is null ? null : new SharedKeyLitePolicy(text.Credential), options)
    {
    }

    /// <summary>Connects with an identity; tokens go over https only.</summary>
    /// <exception cref="ArgumentException">The endpoint is not https.</exception>
    public TableConnection(Uri endpoint, TokenCredential credential, TableClientOptions? options)
        : this(endpoint, new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default"), options)
    {
        if (endpoint.Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException("Cannot use TokenCredential without HTTPS.", nameof(endpoint));
        }
    }

    public Uri Uri { get; }

    public string AccountName { get; }

    /// <summary>The address of a path below the account, with the shared access signature if there is one.</summary>
    public string Address(string path, string query = "") => (query, _signature) switch
    {
        ("", "") => $"{_root}/{path}",
        ("", _) => $"{_root}/{path}?{_signature}",
        (_, "") => $"{_root}/{path}?{query}",
        _ => $"{_root}/{path}?{query}&{_signature}",
    };

    public HttpMessage Message(RequestMethod method, string path, string query = "")
    {
        var message = _pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(new Uri(Address(path, query)));
        request.Headers.Add("x-ms-version", _version);
        request.Headers.Add("DataServiceVersion", "3.0");
        request.Headers.Add(HttpHeader.Names.Accept, Json);
        return message;
    }

    /// <summary>Sends, and takes every status of failure but the tolerated one for an exception.</summary>
    /// <exception cref="RequestFailedException">The service refused, or could not be reached after the retries.</exception>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken, int tolerated = 0)
    {
        if (tolerated != 0)
        {
            message.ResponseClassifier = new StatusCodeClassifier([200, 201, 202, 204, (ushort)tolerated]);
        }

        await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        var response = message.Response;
        return response.Status < 400 || response.Status == tolerated ? response : throw new RequestFailedException(response);
    }

    /// <summary>The query parameters of a page; all may be absent.</summary>
    public static string PageQuery(string? filter, int? top, string? select, string? continuation, string partition, string? row)
    {
        var query = "$format=" + Uri.EscapeDataString(Json);
        Add("$filter", filter);
        Add("$top", top?.ToString(CultureInfo.InvariantCulture));
        Add("$select", select);
        if (!string.IsNullOrEmpty(continuation))
        {
            var space = continuation.IndexOf(' ');
            Add(partition, space < 0 ? continuation : continuation[..space]);
            Add(row, space < 0 ? null : continuation[(space + 1)..]);
        }

        return query;

        void Add(string? name, string? value)
        {
            if (name is not null && !string.IsNullOrEmpty(value))
            {
                query += $"&{name}={Uri.EscapeDataString(value)}";
            }
        }
    }
}

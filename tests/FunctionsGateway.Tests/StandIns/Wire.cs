using System.Net;
using Azure.Core.Pipeline;

namespace FunctionsGateway.Tests.StandIns;

/// <summary>An HTTP handler that answers by itself and remembers what was asked of it.</summary>
internal sealed class Wire(Func<HttpRequestMessage, HttpResponseMessage>? answer = null) : HttpMessageHandler
{
    public List<string> Addresses { get; } = [];

    public string Address => Addresses[^1];

    public Dictionary<string, string> Headers { get; } = [];

    public HttpClientTransport Transport => new(this);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Addresses.Add(request.RequestUri!.AbsoluteUri);
        foreach (var header in request.Headers)
        {
            Headers[header.Key] = string.Join(",", header.Value);
        }

        var response = answer?.Invoke(request) ?? new HttpResponseMessage(HttpStatusCode.NoContent);
        response.RequestMessage = request;
        return Task.FromResult(response);
    }
}

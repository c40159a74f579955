namespace FunctionsGateway.Upstream.Signing;

/// <summary>The gateway's one way out, for libraries that want a handler; what they dispose of is not it.</summary>
internal sealed class Door(HttpMessageInvoker http) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => http.SendAsync(request, cancellationToken);
}

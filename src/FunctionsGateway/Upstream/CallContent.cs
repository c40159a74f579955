using System.Net;

namespace FunctionsGateway.Upstream;

/// <summary>A call's body on its way to a provider; says when its first byte is written, which is when the call counts as used.</summary>
/// <param name="body">The bytes.</param>
/// <param name="sending">Called on a live connection, just before the first byte; null when nobody wants to know.</param>
internal sealed class CallContent(ReadOnlyMemory<byte> body, Action? sending) : HttpContent
{
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        sending?.Invoke();
        return stream.WriteAsync(body, cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}

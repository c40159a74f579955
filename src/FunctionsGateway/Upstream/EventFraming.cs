using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Upstream;

/// <summary>Turns a provider's framing into events, whatever it is.</summary>
internal static class EventFraming
{
    /// <summary>The events of <paramref name="content"/>.</summary>
    public static IAsyncEnumerable<SseItem<string>> Read(Stream content, Framing framing, CancellationToken cancellationToken) => framing switch
    {
        Framing.ServerSentEvents => SseParser.Create(content).EnumerateAsync(cancellationToken),
        Framing.JsonLines => LinesAsync(content, cancellationToken),
        _ => throw new GatewayException(501, $"Streams framed as {framing} are not available in this version."),
    };

    private static async IAsyncEnumerable<SseItem<string>> LinesAsync(Stream content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(content);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return new SseItem<string>(line);
            }
        }
    }
}

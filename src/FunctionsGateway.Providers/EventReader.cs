using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace FunctionsGateway.Providers;

/// <summary>Tells the events of a stream apart, however the provider frames them.</summary>
public static class EventReader
{
    /// <summary>The events of <paramref name="content"/>, as they come.</summary>
    /// <exception cref="MalformedAnswerException">The bytes are not framed so.</exception>
    public static IAsyncEnumerable<SseItem<string>> Read(Stream content, Framing framing, CancellationToken cancellationToken = default) => framing switch
    {
        Framing.ServerSentEvents => SseParser.Create(content).EnumerateAsync(cancellationToken),
        Framing.JsonLines => Lines(content, cancellationToken),
        Framing.AwsEventStream => AwsEventStream.Read(content, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(framing), framing, "No such framing."),
    };

    private static async IAsyncEnumerable<SseItem<string>> Lines(Stream content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(content);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return new(line);
            }
        }
    }
}

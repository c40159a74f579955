using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>A stream whose events are translated into unified chunks.</summary>
internal sealed class StreamTranslation : IClientStream
{
    private readonly IAsyncEnumerator<JsonObject> _chunks;
    private readonly bool _showsUsage;
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    private StreamTranslation(Attempt attempt, IAsyncEnumerator<JsonObject> chunks, bool showsUsage)
    {
        Attempt = attempt;
        _chunks = chunks;
        _showsUsage = showsUsage;
    }

    /// <inheritdoc/>
    public Attempt Attempt { get; }

    /// <inheritdoc/>
    public TokenUsage? Usage { get; private set; }

    /// <summary>Waits for the first chunk, which decides whether the call may still go elsewhere.</summary>
    public static async ValueTask<StreamTranslation> PeekAsync(Attempt attempt, Operation operation, ProviderCall call, bool showsUsage)
    {
        var framing = operation.Framing(call);
        if (framing == Framing.ServerSentEvents)
        {
            AnswerType.RequireEvents(attempt.Answer);
        }

        var content = new EventGuard(await attempt.Answer.Content.ReadAsStreamAsync(attempt.Token));
        var chunks = operation.Stream!(content.Count(EventReader.Read(content, framing, attempt.Token)), attempt.Told(operation, call)).GetAsyncEnumerator(attempt.Token);
        try
        {
            return await chunks.MoveNextAsync()
                ? new StreamTranslation(attempt, chunks, showsUsage)
                : throw new MalformedAnswerException("the stream ended before its first event.");
        }
        catch
        {
            await chunks.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask PumpAsync(StreamOutput output)
    {
        do
        {
            var chunk = _chunks.Current;
            Usage = UsageReader.Read(chunk) ?? Usage;
            if (_showsUsage || chunk["choices"] is not JsonArray { Count: 0 } || chunk["usage"] is null)
            {
                await output.SendAsync(Event(chunk), Attempt);
            }

            output.AwaitNext(Attempt);
        }
        while (await _chunks.MoveNextAsync());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _chunks.DisposeAsync();
        Attempt.Dispose();
    }

    private ReadOnlyMemory<byte> Event(JsonObject chunk)
    {
        _buffer.ResetWrittenCount();
        _buffer.Write("data: "u8);
        using (var writer = new Utf8JsonWriter(_buffer, JsonWriting.Options))
        {
            chunk.WriteTo(writer);
        }

        _buffer.Write("\n\n"u8);
        Attempt.Mask(MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span);
        return _buffer.WrittenMemory;
    }
}

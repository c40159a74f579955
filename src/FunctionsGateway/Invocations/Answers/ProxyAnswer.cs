using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>The answer to a proxy call: JSON, or a stream; the provider's content type says which (spec/mlflow-gen3.md §A.3).</summary>
internal readonly record struct ProxyAnswer(ReadOnlyMemory<byte> Bytes, IClientStream? Stream)
{
    /// <summary>Reads it, a stream up to its first bytes.</summary>
    public static async ValueTask<ProxyAnswer> ReadAsync(Attempt attempt)
    {
        var type = attempt.Answer.Content.Headers.ContentType?.MediaType;
        switch (type)
        {
            case "text/event-stream" or "application/x-ndjson":
                return new(default, await RawRelay.PeekAsync(attempt));
            case "text/plain":
                using (attempt)
                {
                    var text = Encoding.UTF8.GetString((await UnaryAnswer.ReadAsync(attempt)).Span);
                    return new(new JsonObject { ["message"] = text }.ToUtf8(), null);
                }

            case not null when type.EndsWith("json", StringComparison.OrdinalIgnoreCase):
                using (attempt)
                {
                    return new(await UnaryAnswer.ReadAsync(attempt), null);
                }

            default:
                throw new GatewayException(502, $"Unsupported Content-Type from upstream proxy: {type ?? "None"}");
        }
    }
}

/// <summary>A stream of which nothing is known but its bytes; only a broken connection tells that it is not complete.</summary>
internal sealed class RawRelay : IClientStream
{
    private readonly Stream _source;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;

    private RawRelay(Attempt attempt, Stream source)
    {
        Attempt = attempt;
        _source = source;
    }

    /// <inheritdoc/>
    public Attempt Attempt { get; }

    /// <inheritdoc/>
    public TokenUsage? Usage => null;

    /// <summary>Waits for the first bytes.</summary>
    public static async ValueTask<RawRelay> PeekAsync(Attempt attempt)
    {
        var relay = new RawRelay(attempt, await attempt.Answer.Content.ReadAsStreamAsync(attempt.Token));
        try
        {
            relay._length = await relay._source.ReadAsync(relay._buffer, attempt.Token);
            return relay;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(relay._buffer);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask PumpAsync(StreamOutput output)
    {
        var held = 0;
        while (_length > held)
        {
            // What may become the key is not sent before it is known whether it does.
            Attempt.Mask(_buffer.AsSpan(0, _length));
            held = Math.Min(Attempt.Held(_buffer.AsSpan(0, _length)), _buffer.Length / 2);
            if (_length > held)
            {
                await output.SendAsync(_buffer.AsMemory(0, _length - held), Attempt);
                _buffer.AsSpan(_length - held, held).CopyTo(_buffer);
            }

            output.AwaitNext(Attempt);
            try
            {
                _length = held + await _source.ReadAsync(_buffer.AsMemory(held), Attempt.Token);
            }
            catch
            {
                // It may have broken off within an event, which the error that follows must not become part of.
                await output.SendAsync("\n\n"u8.ToArray(), Attempt);
                throw;
            }
        }

        if (held > 0)
        {
            await output.SendAsync(_buffer.AsMemory(0, held), Attempt);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        Attempt.Dispose();
        return ValueTask.CompletedTask;
    }
}

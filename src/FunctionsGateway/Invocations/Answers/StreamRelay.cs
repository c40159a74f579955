using System.Buffers;
using System.Runtime.ExceptionServices;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>A stream whose events go to the client as they came, judged on the way.</summary>
internal sealed class StreamRelay : IClientStream
{
    private const int LongestEvent = 16 * 1024 * 1024;

    private readonly Stream _source;
    private readonly IStreamRule _rule;
    private readonly UsageReader _usage;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;
    private bool _isEnded;
    private ExceptionDispatchInfo? _failure;

    private StreamRelay(Attempt attempt, Stream source, IStreamRule rule, UsageReader usage)
    {
        Attempt = attempt;
        _source = source;
        _rule = rule;
        _usage = usage;
    }

    /// <inheritdoc/>
    public Attempt Attempt { get; }

    /// <inheritdoc/>
    public TokenUsage? Usage => _usage.Usage;

    /// <summary>Waits for the first event, which decides whether the call may still go elsewhere.</summary>
    /// <exception cref="ProviderStreamException">It is an error.</exception>
    /// <exception cref="MalformedAnswerException">There is none, or it is not JSON.</exception>
    public static async ValueTask<StreamRelay> PeekAsync(Attempt attempt, NativeApi api, bool showsUsage, bool showsDone, int choices = 1)
    {
        AnswerType.RequireEvents(attempt.Answer);
        var relay = new StreamRelay(
            attempt, await attempt.Answer.Content.ReadAsStreamAsync(attempt.Token), StreamRules.For(api, showsUsage, showsDone, choices), new UsageReader(api));
        try
        {
            while (!relay.HasWholeEvent())
            {
                if (!await relay.FillAsync())
                {
                    throw new MalformedAnswerException("the stream ended before its first event.");
                }
            }

            // Judged once here for its errors and again when it is sent; a second look at one event costs less than remembering it.
            EventScanner.TryRead(relay._buffer.AsSpan(0, relay._length), out _, out var name, out var data);
            if (StreamRules.For(api, showsUsage, showsDone).Judge(name, data) == EventVerdict.Failed)
            {
                throw StreamRules.Error(data);
            }

            return relay;
        }
        catch
        {
            relay.ReturnBuffer();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask PumpAsync(StreamOutput output)
    {
        while (true)
        {
            var taken = Judge(out var dropped);
            if (taken > 0)
            {
                if (dropped is null)
                {
                    await output.SendAsync(_buffer.AsMemory(0, taken), Attempt);
                }
                else
                {
                    await SendAroundAsync(output, taken, dropped);
                }

                _buffer.AsSpan(taken, _length - taken).CopyTo(_buffer);
                _length -= taken;
            }

            _failure?.Throw();
            if (_isEnded)
            {
                return;
            }

            output.AwaitNext(Attempt);
            if (!await FillAsync())
            {
                if (_length > 0 || !_rule.IsComplete)
                {
                    throw new MalformedAnswerException("the stream ended before the answer was complete.");
                }

                return;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        ReturnBuffer();
        Attempt.Dispose();
        return ValueTask.CompletedTask;
    }

    // How many bytes hold whole events; `dropped` are the stretches among them that the client does not get.
    // What a bad event throws waits until the good ones before it are sent.
    private int Judge(out List<Range>? dropped)
    {
        dropped = null;
        var taken = 0;
        try
        {
            while (!_isEnded && EventScanner.TryRead(_buffer.AsSpan(taken, _length - taken), out var length, out var name, out var data))
            {
                var verdict = _rule.Judge(name, data);
                _usage.Observe(data);
                _isEnded = verdict is EventVerdict.End or EventVerdict.Last or EventVerdict.Failed;
                if (verdict is EventVerdict.Drop or EventVerdict.End)
                {
                    (dropped ??= []).Add(taken..(taken + length));
                }

                taken += length;
            }
        }
        catch (Exception failure) when (failure is ProviderStreamException or MalformedAnswerException)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        return taken;
    }

    private async ValueTask SendAroundAsync(StreamOutput output, int taken, List<Range> dropped)
    {
        var from = 0;
        foreach (var range in dropped)
        {
            if (range.Start.Value > from)
            {
                await output.SendAsync(_buffer.AsMemory(from, range.Start.Value - from), Attempt);
            }

            from = range.End.Value;
        }

        if (taken > from)
        {
            await output.SendAsync(_buffer.AsMemory(from, taken - from), Attempt);
        }
    }

    private bool HasWholeEvent()
    {
        // Comments come before the first event when a provider lets the caller wait; they are no answer yet.
        while (EventScanner.TryRead(_buffer.AsSpan(0, _length), out var length, out _, out var data))
        {
            if (data.Length > 0)
            {
                return true;
            }

            _buffer.AsSpan(length, _length - length).CopyTo(_buffer);
            _length -= length;
        }

        return false;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_length == _buffer.Length)
        {
            if (_length >= LongestEvent)
            {
                throw new MalformedAnswerException($"an event is longer than {LongestEvent} bytes.");
            }

            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = await _source.ReadAsync(_buffer.AsMemory(_length), Attempt.Token);
        _length += read;
        return read > 0;
    }

    private void ReturnBuffer()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }
}

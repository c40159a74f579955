using System.Buffers;
using System.Runtime.ExceptionServices;
using FunctionsGateway.Providers;
using FunctionsGateway.Streaming;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations.Answers;

/// <summary>A stream whose events go to the client as they came, judged on the way; the identifiers of responses get their mark, see <see cref="ResponsePin"/>.</summary>
internal sealed class StreamRelay : IClientStream
{
    private readonly Stream _source;
    private readonly IStreamRule _rule;
    private readonly UsageReader _usage;
    private readonly byte[]? _mark;
    private EventScanner _scanner;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;
    private bool _isEnded;
    private ExceptionDispatchInfo? _failure;

    private StreamRelay(Attempt attempt, Stream source, IStreamRule rule, UsageReader usage, byte[]? mark)
    {
        Attempt = attempt;
        _source = source;
        _rule = rule;
        _usage = usage;
        _mark = mark;
    }

    /// <inheritdoc/>
    public Attempt Attempt { get; }

    /// <inheritdoc/>
    public TokenUsage? Usage => _usage.Usage;

    /// <inheritdoc/>
    public long NextNumber => _rule.NextNumber;

    /// <summary>How many bytes were looked at for the ends of events; for tests.</summary>
    internal long Effort => _scanner.Effort;

    /// <summary>Waits for the first event, which decides whether the call may still go elsewhere.</summary>
    /// <exception cref="ProviderStreamException">It is an error.</exception>
    /// <exception cref="MalformedAnswerException">There is none, or it is not JSON.</exception>
    public static async ValueTask<StreamRelay> PeekAsync(Attempt attempt, NativeApi api, bool showsUsage, bool showsDone, int choices = 1, byte[]? mark = null)
    {
        AnswerType.RequireEvents(attempt.Answer);
        var relay = new StreamRelay(
            attempt, await attempt.Answer.Content.ReadAsStreamAsync(attempt.Token), StreamRules.For(api, showsUsage, showsDone, choices), new UsageReader(api), mark);
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
            relay._scanner.TryRead(relay._buffer.AsSpan(0, relay._length), out _, out var name, out var data);
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
            var taken = Judge(out var changed);
            if (taken > 0)
            {
                Attempt.Mask(_buffer.AsSpan(0, taken));
                if (changed is null)
                {
                    await output.SendAsync(_buffer.AsMemory(0, taken), Attempt);
                }
                else
                {
                    await SendAroundAsync(output, taken, changed);
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

    // How many bytes hold whole events; `changed` are those among them that the client gets otherwise, or (null) not at all.
    // What a bad event throws waits until the good ones before it are sent.
    private int Judge(out List<(Range Event, byte[]? Instead)>? changed)
    {
        changed = null;
        var taken = 0;
        try
        {
            while (!_isEnded && _scanner.TryRead(_buffer.AsSpan(taken, _length - taken), out var length, out var name, out var data))
            {
                var verdict = _rule.Judge(name, data);
                _usage.Observe(data);
                _isEnded = verdict is EventVerdict.End or EventVerdict.Last or EventVerdict.Failed;
                if (verdict is EventVerdict.Drop or EventVerdict.End)
                {
                    (changed ??= []).Add((taken..(taken + length), null));
                }
                else if (_mark is not null && data.IndexOf("\"response\""u8) >= 0 && ResponsePin.Marked(data, _mark) is { } marked)
                {
                    var whole = _buffer.AsSpan(taken, length);
                    whole.Overlaps(data, out var start);
                    (changed ??= []).Add((taken..(taken + length), [.. whole[..start], .. marked, .. whole[(start + data.Length)..]]));
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

    private async ValueTask SendAroundAsync(StreamOutput output, int taken, List<(Range Event, byte[]? Instead)> changed)
    {
        var from = 0;
        foreach (var (range, instead) in changed)
        {
            if (range.Start.Value > from)
            {
                await output.SendAsync(_buffer.AsMemory(from, range.Start.Value - from), Attempt);
            }

            if (instead is not null)
            {
                Attempt.Mask(instead);
                await output.SendAsync(instead, Attempt);
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
        while (_scanner.TryRead(_buffer.AsSpan(0, _length), out var length, out _, out var data))
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
            if (_length >= EventGuard.Longest)
            {
                throw EventGuard.TooLong;
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

using System.Diagnostics.CodeAnalysis;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream;

/// <summary>One try at one target: its connection and the token that ends it. Owned by whoever reads the answer.</summary>
internal sealed class Attempt : IDisposable
{
    private readonly CancellationTokenRegistration _link;
    private readonly CancellationTokenSource _end;
    private readonly TimeProvider _time;
    private readonly long _start;
    private HttpResponseMessage? _answer;
    private Secret? _key;
    private KeyMask? _mask;

    /// <summary>Begins a try that ends after <paramref name="patience"/>, or when <paramref name="aborted"/> fires.</summary>
    public Attempt(TimeProvider time, TimeSpan patience, Deadline deadline, CancellationToken aborted)
    {
        (_time, _start) = (time, time.GetTimestamp());
        Deadline = deadline;
        Patience = patience;
        _end = new CancellationTokenSource(patience, time);
        _link = aborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _end);
    }

    /// <summary>The deadline of the whole call.</summary>
    public Deadline Deadline { get; }

    /// <summary>How long the try may take until <see cref="Extend"/>.</summary>
    public TimeSpan Patience { get; }

    /// <summary>Ends everything that the try does.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>The provider's answer.</summary>
    public HttpResponseMessage Answer
    {
        get => _answer ?? throw new InvalidOperationException("The try has no answer yet.");
        set => _answer = value;
    }

    /// <summary>The key that signed the request; null when none did.</summary>
    public Secret? Key
    {
        get => _key;
        set => (_key, _mask) = (value, null);
    }

    /// <summary><paramref name="text"/> without the key, should a provider have repeated it.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public string? Scrub(string? text) => Key?.Reveal() is { Length: > 0 } key && text?.Length >= key.Length
        ? text.Replace(key, "***", StringComparison.OrdinalIgnoreCase).Replace(Uri.EscapeDataString(key), "***", StringComparison.OrdinalIgnoreCase)
        : text;

    /// <summary><paramref name="call"/> with those headers of the answer that <paramref name="operation"/> reads.</summary>
    public ProviderCall Told(Operation operation, ProviderCall call)
    {
        if (operation.AnswerHeaders.Count == 0)
        {
            return call;
        }

        var headers = new Dictionary<string, string>();
        foreach (var name in operation.AnswerHeaders)
        {
            if (Answer.Headers.TryGetValues(name, out var values))
            {
                headers[name] = Scrub(values.First());
            }
        }

        return call with { AnswerHeaders = headers };
    }

    /// <summary>Whether the try still waits for a connection.</summary>
    public bool IsConnecting { get; private set; }

    /// <summary>Gives the connection at most <paramref name="patience"/>, and never more than the try has.</summary>
    public void Connect(TimeSpan patience)
    {
        IsConnecting = true;
        var left = Left;
        _end.CancelAfter(patience < left ? patience : left);
    }

    /// <summary>The connection is there: the try has what is left of its time.</summary>
    public void Connected()
    {
        if (IsConnecting)
        {
            IsConnecting = false;
            _end.CancelAfter(Left);
        }
    }

    private TimeSpan Left => Patience - _time.GetElapsedTime(_start) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Overwrites the key in bytes that go to the client.</summary>
    public void Mask(Span<byte> bytes) => (_mask ??= KeyMask.Of(Key))?.Cover(bytes);

    /// <summary>How many bytes at the end of <paramref name="bytes"/>, masked already, could be the beginning of the key.</summary>
    public int Held(ReadOnlySpan<byte> bytes) => _mask?.Held(bytes) ?? 0;

    /// <summary>Lets the try go on for <paramref name="patience"/> from now.</summary>
    public void Extend(TimeSpan patience) => _end.CancelAfter(patience);

    /// <summary>Ends the try; the provider sees the connection close unless its answer was read to the end.</summary>
    public void Dispose()
    {
        _link.Dispose();
        _answer?.Dispose();
        _end.Dispose();
    }
}

using System.Diagnostics.CodeAnalysis;
using FunctionsGateway.Providers;
using FunctionsGateway.Secrets;

namespace FunctionsGateway.Upstream;

/// <summary>One try at one target: its connection and the token that ends it. Owned by whoever reads the answer.</summary>
internal sealed class Attempt : IDisposable
{
    private readonly CancellationTokenRegistration _link;
    private readonly CancellationTokenSource _end;
    private HttpResponseMessage? _answer;

    /// <summary>Begins a try that ends after <paramref name="patience"/>, or when <paramref name="aborted"/> fires.</summary>
    public Attempt(TimeProvider time, TimeSpan patience, Deadline deadline, CancellationToken aborted)
    {
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
    public Secret? Key { get; set; }

    /// <summary><paramref name="text"/> without the key, should a provider have repeated it.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public string? Scrub(string? text) => Key?.Reveal() is { Length: > 0 } key
        ? text?.Replace(key, "***", StringComparison.OrdinalIgnoreCase).Replace(Uri.EscapeDataString(key), "***", StringComparison.OrdinalIgnoreCase)
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

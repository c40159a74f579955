using FunctionsGateway.Providers;
using FunctionsGateway.Upstream.Egress;

namespace FunctionsGateway.Upstream;

/// <summary>What a call has taken of providers so far; kept with the request, so that headers and records can tell it.</summary>
internal sealed class Effort
{
    // The parts of one call may be sent side by side.
    private readonly Lock _gate = new();
    private int _underWay;
    private long _since;

    /// <summary>How many requests were sent to providers.</summary>
    public int Attempts { get; private set; }

    /// <summary>The time in which at least one provider was at work, tries that failed included; for a stream up to its first event.</summary>
    public TimeSpan ProviderTime { get; private set; }

    /// <summary>The target of the last try; the one that answered, once there is an answer.</summary>
    public TargetBinding? Target { get; private set; }

    /// <summary>A try at <paramref name="target"/> begins.</summary>
    public void Begin(TargetBinding target, TimeProvider time)
    {
        lock (_gate)
        {
            Attempts++;
            Target = target;
            if (_underWay++ == 0)
            {
                _since = time.GetTimestamp();
            }
        }
    }

    /// <summary>A try has ended.</summary>
    public void End(TimeProvider time)
    {
        lock (_gate)
        {
            if (--_underWay == 0)
            {
                ProviderTime += time.GetElapsedTime(_since);
            }
        }
    }

    /// <summary>Whether the answer is a stream.</summary>
    public bool IsStream { get; set; }

    /// <summary>What the provider that answered says of its own limits.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RateHeaders { get; private set; } = [];

    /// <summary>Members of the request that the provider of the last try was not sent, since it takes none such.</summary>
    public IReadOnlyList<string> LeftOut { get; set; } = [];

    /// <summary>The tokens that the provider says it counted; null where it does not say.</summary>
    public TokenUsage? Usage { get; set; }

    /// <summary>Keeps what the headers of an answer say of limits, without the key.</summary>
    public void Keep(Attempt attempt)
    {
        List<KeyValuePair<string, string>>? found = null;
        foreach (var (name, values) in attempt.Answer.Headers.NonValidated)
        {
            if (ForwardedHeaders.MayComeDown(name))
            {
                (found ??= []).Add(new(name, attempt.Scrub(values.ToString())));
            }
        }

        RateHeaders = found ?? (IReadOnlyList<KeyValuePair<string, string>>)[];
    }
}

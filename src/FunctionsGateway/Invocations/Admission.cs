using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations;

/// <summary>A call's reservation while the call lasts: used when its first byte goes to a provider, settled with the tokens that the answer reports.</summary>
internal sealed class Admission : IDisposable
{
    private readonly Reservation _reservation;
    private readonly UsageReader? _usage;
    private long? _total;

    /// <summary>Holds <paramref name="reservation"/>; the answer's bytes, where they are forwarded, are of <paramref name="api"/>.</summary>
    public Admission(Reservation reservation, NativeApi api)
    {
        _reservation = reservation;
        _usage = new UsageReader(api);
        Sending = reservation.MarkUsed;
    }

    private Admission()
    {
    }

    /// <summary>The admission of a route without limits.</summary>
    public static Admission Free { get; } = new();

    /// <summary>To be called when the first byte goes to a provider; null for a route without limits.</summary>
    public Action? Sending { get; }

    /// <summary>Reads the usage from an answer, or an event, that is forwarded.</summary>
    public void Observe(ReadOnlySpan<byte> json) => _usage?.Observe(json);

    /// <summary>Reads the usage from a unified answer or chunk.</summary>
    public void Observe(JsonObject answer)
    {
        if (_usage is not null && UsageReader.Read(answer) is { Total: { } total })
        {
            _total = total;
        }
    }

    /// <summary>Settles what was reported; a call whose answer reported nothing stays charged as it was estimated.</summary>
    public void Dispose()
    {
        if ((_total ?? _usage?.Usage?.Total) is { } total)
        {
            _reservation.Settle(total);
        }

        _reservation.Dispose();
    }
}

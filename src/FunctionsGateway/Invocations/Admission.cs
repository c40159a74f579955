using FunctionsGateway.Limits;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations;

/// <summary>A call's reservation while the call lasts: used when its first byte goes to a provider, settled with the tokens that the answer reports.</summary>
internal sealed class Admission : IDisposable
{
    private readonly Reservation _reservation;
    private readonly Effort? _effort;

    /// <summary>Holds <paramref name="reservation"/> for the call whose usage <paramref name="effort"/> will hold.</summary>
    public Admission(Reservation reservation, Effort effort)
    {
        _reservation = reservation;
        _effort = effort;
        Sending = reservation.MarkUsed;
    }

    private Admission()
    {
    }

    /// <summary>The admission of a route without limits.</summary>
    public static Admission Free { get; } = new();

    /// <summary>To be called when the first byte goes to a provider; null for a route without limits.</summary>
    public Action? Sending { get; }

    /// <summary>Settles what was reported; a call whose answer reported nothing stays charged as it was estimated.</summary>
    public void Dispose()
    {
        if (_effort?.Usage?.Total is { } total)
        {
            _reservation.Settle(total);
        }

        _reservation.Dispose();
    }
}

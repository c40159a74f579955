using FunctionsGateway.Providers;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations;

/// <summary>Sends a call, and once more for each of at most two refusals that can be mended (a parameter that this model wants under another name); the target is
/// not asked again for what it refused.</summary>
internal sealed class MendingClient(ProviderClient client)
{
    /// <summary>Sends <paramref name="request"/> within the deadlines of <paramref name="call"/>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="request">Its request to one target.</param>
    /// <param name="read">Reads a good answer.</param>
    /// <param name="targetsLeft">How many targets may still be tried, this one included.</param>
    /// <exception cref="ProviderException">The provider did not answer well.</exception>
    public async ValueTask<T> SendAsync<T>(Call call, ProviderRequest request, ProviderClient.Reader<T> read, int targetsLeft)
        where T : notnull
    {
        UpstreamError? first = null;
        UpstreamError? second = null;
        while (true)
        {
            try
            {
                var answer = await client.SendAsync(request, read, targetsLeft, call.Deadlines.FirstByte, call.Deadline, call.Aborted);
                Learn(call, request.Target, first);
                Learn(call, request.Target, second);
                return answer;
            }
            catch (ProviderException refusal) when (second is null && refusal.Upstream is { Status: 400 or 422 } error
                && request.Mend?.Invoke(error, request.Body) is { } mended && !mended.Span.SequenceEqual(request.Body.Span))
            {
                (first, second) = first is null ? (error, null) : (first, error);
                request = request with { Body = mended };
            }
        }
    }

    // What a client itself wrote may be refused for its own faults: only what the gateway puts in teaches something about the target.
    private static void Learn(Call call, TargetBinding target, UpstreamError? refusal)
    {
        if (refusal is not null
            && (!refusal.Blames("stream_options") || (call.Invocation.Facts.IsStream && !call.Invocation.Body.TryGetProperty("stream_options"u8, out _))))
        {
            target.Learn(refusal);
        }
    }
}

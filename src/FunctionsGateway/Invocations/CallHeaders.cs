using System.Globalization;
using FunctionsGateway.Errors;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Invocations;

/// <summary>What an answer's headers tell of the call: how long it took, who answered it, and after how many tries.</summary>
internal static class CallHeaders
{
    /// <summary>Has the headers of the answer in <paramref name="context"/> set when it starts, whatever it will be.</summary>
    public static void Announce(HttpContext context, TimeProvider time)
    {
        var start = time.GetTimestamp();
        context.Response.OnStarting(() =>
        {
            Write(context, time.GetElapsedTime(start));
            return Task.CompletedTask;
        });
    }

    private static void Write(HttpContext context, TimeSpan duration)
    {
        var headers = context.Response.Headers;
        var effort = context.Features.Get<Effort>();
        if (context.Request.Path.StartsWithSegments("/gateway", StringComparison.OrdinalIgnoreCase))
        {
            headers["X-MLflow-Gateway-Duration-Ms"] = Milliseconds(duration);
            if (effort is { IsStream: false } && effort.ProviderTime > TimeSpan.Zero)
            {
                headers["X-MLflow-Gateway-Overhead-Duration-Ms"] = Milliseconds(duration > effort.ProviderTime ? duration - effort.ProviderTime : TimeSpan.Zero);
            }
        }

        if (effort?.Target is { } target)
        {
            headers["X-Gateway-Target"] = target.Label;
            headers["X-Gateway-Attempts"] = effort.Attempts.ToString(CultureInfo.InvariantCulture);
            if (effort.LeftOut.Count > 0)
            {
                headers["X-Gateway-Warnings"] = $"not taken by the provider, left out: {string.Join(", ", effort.LeftOut)}";
            }

            CopyLimits(context, effort);
        }
    }

    // Where the gateway has said what its own limits are, the provider's are no news to the client.
    private static void CopyLimits(HttpContext context, Effort effort)
    {
        if (effort.RateHeaders.Count > 0 && Dialects.Of(context.Request.Path) is not (Dialect.Mlflow or Dialect.Mlflow3))
        {
            foreach (var (name, value) in effort.RateHeaders)
            {
                context.Response.Headers.TryAdd(name, value);
            }
        }
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}

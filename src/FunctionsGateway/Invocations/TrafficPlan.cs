using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations;

/// <summary>Which targets a call tries, in order: the primary that takes it, then the fallbacks.</summary>
internal static class TrafficPlan
{
    /// <summary>The plan of the call that <paramref name="requestId"/> names: the same on every instance, so that it can be derived from a log.</summary>
    public static IReadOnlyList<Target> For(GatewayRoute route, string requestId)
    {
        if (route.Targets.Count == 1)
        {
            return route.Targets;
        }

        var primaries = route.Targets.Where(target => !target.IsFallback).ToArray();
        if (primaries.Length == 0)
        {
            return [];
        }

        var primary = route.IsSplit ? Draw(primaries, requestId) : primaries[0];
        if (route.FallbackAttempts is not { } attempts)
        {
            return [primary];
        }

        var fallbacks = route.Targets.Where(target => target.IsFallback).OrderBy(target => target.FallbackOrder ?? int.MaxValue).ToArray();
        return [primary, .. fallbacks.Take(attempts == 0 ? fallbacks.Length : attempts)];
    }

    private static Target Draw(Target[] primaries, string requestId)
    {
        var total = primaries.Sum(target => target.Weight);
        if (!(total > 0))
        {
            return primaries[0];
        }

        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(requestId), hash);
        // 53 bits: as many as a double holds exactly.
        var point = (BitConverter.ToUInt64(hash) >> 11) * (1.0 / (1UL << 53)) * total;
        foreach (var target in primaries)
        {
            point -= target.Weight;
            if (point < 0)
            {
                return target;
            }
        }

        return primaries[^1];
    }
}

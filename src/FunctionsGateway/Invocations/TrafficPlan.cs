using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations;

/// <summary>Which targets a call tries, in order: the primary that takes it, then the fallbacks.</summary>
internal static class TrafficPlan
{
    /// <summary>The plan of a call: the same on every instance, so that it can be derived from a log.</summary>
    /// <param name="route">The route.</param>
    /// <param name="requestId">The call's name, from which an independent draw follows.</param>
    /// <param name="stickyKey">What the call has in common with others that are to go to the same target; null for the draw.</param>
    /// <returns>The targets; none when the route has no primary.</returns>
    public static IReadOnlyList<Target> For(GatewayRoute route, string requestId, string? stickyKey)
    {
        if (route.Targets is [{ IsFallback: false, LacksSecret: false }])
        {
            return route.Targets;
        }

        var primaries = route.Targets.Where(target => target is { IsFallback: false, LacksSecret: false }).ToArray();
        if (primaries.Length == 0)
        {
            return [];
        }

        var primary = !route.IsSplit ? primaries[0] : stickyKey is null ? Draw(primaries, requestId) : Rendezvous(primaries, stickyKey);
        if (route.FallbackAttempts is not { } attempts)
        {
            return [primary];
        }

        var fallbacks = route.Targets.Where(target => target is { IsFallback: true, LacksSecret: false }).OrderBy(target => target.FallbackOrder ?? int.MaxValue).ToArray();
        return [primary, .. fallbacks.Take(attempts == 0 ? fallbacks.Length : attempts)];
    }

    private static Target Draw(Target[] primaries, string requestId)
    {
        var total = 0.0;
        foreach (var target in primaries)
        {
            total += target.Weight;
        }

        if (!(total > 0))
        {
            return primaries[0];
        }

        var point = Point(requestId, "") * total;
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

    // Each target draws for the key; the best draw, weighed, wins. A changed weight moves only the keys that win or lose by it.
    private static Target Rendezvous(Target[] primaries, string key)
    {
        var (winner, best) = (primaries[0], double.PositiveInfinity);
        foreach (var target in primaries)
        {
            var draw = target.Weight > 0 ? -Math.Log(1 - Point(key, target.Id)) / target.Weight : double.PositiveInfinity;
            if (draw < best)
            {
                (winner, best) = (target, draw);
            }
        }

        return winner;
    }

    // A number from [0, 1) that follows from both texts.
    private static double Point(string text, string salt)
    {
        var length = Encoding.UTF8.GetMaxByteCount(text.Length) + 1 + Encoding.UTF8.GetMaxByteCount(salt.Length);
        var bytes = length <= 512 ? stackalloc byte[512] : new byte[length];
        var written = Encoding.UTF8.GetBytes(text, bytes);
        if (salt.Length > 0)
        {
            bytes[written++] = 0;
            written += Encoding.UTF8.GetBytes(salt, bytes[written..]);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..written], hash);
        // 53 bits: as many as a double holds exactly.
        return (BitConverter.ToUInt64(hash) >> 11) * (1.0 / (1UL << 53));
    }
}

using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Management;
using FunctionsGateway.Upstream;

namespace FunctionsGateway.Invocations;

/// <summary>Finds the targets that a call may try, in order.</summary>
internal sealed class CallPlan(TargetBinding.Book targets, ProviderPolicy policy)
{
    /// <summary>The targets of <paramref name="call"/>. What a target cannot serve at all, or may not, is not tried; when none is left, the first one's refusal says why.</summary>
    /// <exception cref="GatewayException">404: the endpoint has no primary; 400 or 501: no target serves the call.</exception>
    public IReadOnlyList<Target> Of(Call call)
    {
        var (invocation, route) = (call.Invocation, call.Invocation.Route);
        if (ResponsePin.TargetOf(invocation) is { } pinned)
        {
            return IsAble(invocation, pinned) ? [pinned] : throw Refusal(invocation, pinned);
        }

        var stickyKey = StickyKey.Of(call.Context, route.Options.Sticky);
        // Before the draw, so that a call never falls to a primary that cannot serve it while another can.
        if (TrafficPlan.For(Able(invocation, route), call.RequestId, stickyKey) is { Count: > 0 } plan)
        {
            return plan;
        }

        var whole = TrafficPlan.For(route, call.RequestId, stickyKey);
        if (whole.Count == 0)
        {
            throw ThirdGeneration.WithoutPrimary(route.Name);
        }

        var fallbacks = whole.Where(target => IsAble(invocation, target)).ToArray();
        return fallbacks.Length > 0 ? fallbacks : throw Refusal(invocation, whole[0]);
    }

    // The route itself where all of its targets are able, as nearly always.
    private GatewayRoute Able(Invocation invocation, GatewayRoute route)
    {
        var all = route.Targets;
        for (var i = 0; i < all.Count; i++)
        {
            if (!IsAble(invocation, all[i]))
            {
                return route with { Targets = [.. all.Where(target => IsAble(invocation, target))] };
            }
        }

        return route;
    }

    private bool IsAble(Invocation invocation, Target target) =>
        policy.Allows(target.Provider) && targets.Knows(target) && invocation.IsServedBy(targets.Of(target));

    private GatewayException Refusal(Invocation invocation, Target target)
    {
        if (!policy.Allows(target.Provider))
        {
            return ProviderPolicy.Refusal(target.Provider);
        }

        var provider = targets.Of(target).Provider;
        return invocation.Surface.IsPassthrough ? NativeSurfaces.Refusal(invocation.Surface, provider) : invocation.Refusal(provider);
    }
}

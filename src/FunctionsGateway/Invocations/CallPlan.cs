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
        var plan = ResponsePin.TargetOf(invocation) is { } pinned ? [pinned] : TrafficPlan.For(route, call.RequestId, StickyKey.Of(call.Context, route.Options.Sticky));
        if (plan.Count == 0)
        {
            throw ThirdGeneration.WithoutPrimary(route.Name);
        }

        if (plan.Count == 1 && IsAble(invocation, plan[0]))
        {
            return plan;
        }

        var able = plan.Where(target => IsAble(invocation, target)).ToArray();
        return able.Length > 0 ? able : throw Refusal(invocation, plan[0]);
    }

    private bool IsAble(Invocation invocation, Target target) => policy.Allows(target.Provider) && invocation.IsServedBy(targets.Of(target));

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

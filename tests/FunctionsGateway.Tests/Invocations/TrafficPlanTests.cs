using FunctionsGateway.Invocations;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Tests.Invocations;

public class TrafficPlanTests
{
    private static Target Target(string name, double weight = 1, bool fallback = false, int? order = null) =>
        new() { Id = "m-" + name, DefinitionId = "d-" + name, Provider = "openai", Model = name, Config = [], Weight = weight, IsFallback = fallback, FallbackOrder = order };

    private static GatewayRoute Route(params Target[] targets) => new() { Name = "r", Id = "e-1", Targets = targets };

    private static string Plan(GatewayRoute route, string id = "1") => string.Join(' ', TrafficPlan.For(route, id, null).Select(t => t.Model));

    [Fact]
    public void Takes_the_first_primary_where_traffic_is_not_split() => Assert.Equal("a", Plan(Route(Target("a"), Target("b"))));

    [Fact]
    public void Tries_fallbacks_in_their_order_after_the_primary() =>
        Assert.Equal("a d c b", Plan(Route(Target("a"), Target("b", fallback: true), Target("c", fallback: true, order: 2), Target("d", fallback: true, order: 1)) with { FallbackAttempts = 3 }));

    [Theory]
    [InlineData(1, "a b")]
    [InlineData(0, "a b c")]
    [InlineData(null, "a")]
    public void Tries_as_many_fallbacks_as_the_endpoint_says(int? attempts, string plan) =>
        Assert.Equal(plan, Plan(Route(Target("a"), Target("b", fallback: true), Target("c", fallback: true)) with { FallbackAttempts = attempts }));

    [Fact]
    public void Splits_by_weight_and_gives_the_same_call_the_same_target()
    {
        var route = Route(Target("a", 80), Target("b", 20), Target("none", 0)) with { IsSplit = true };
        var counts = Enumerable.Range(0, 20_000).Select(i => Plan(route, $"call-{i}")).CountBy(name => name).ToDictionary();
        // Six standard deviations of a binomial of 20,000 at 0.2 are 340.
        Assert.InRange(counts["b"], 4_000 - 340, 4_000 + 340);
        Assert.DoesNotContain("none", counts.Keys);
        Assert.Equal(Plan(route, "call-7"), Plan(route, "call-7"));
    }
}

using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Tests.Invocations;

/// <summary>What another target may mend, and what it may not.</summary>
public sealed class FallbackTests
{
    private const string Path = "/v1/chat/completions";
    private const string Unary = """{"model":"r","messages":[{"role":"user","content":"hi there"}]}""";
    private const string Stream = """{"model":"r","messages":[{"role":"user","content":"hi there"}],"stream":true}""";
    private const string Quota = """{"error":{"message":"You exceeded your quota.","type":"insufficient_quota","code":"insufficient_quota"}}""";

    private static readonly Script Refused = new() { Status = 429, Body = Quota };
    private static readonly Script RefusedInAStream = new() { Body = $"data: {Quota}\n\n", ContentType = "text/event-stream" };
    private static readonly Script RefusedWith200 = new() { Body = Quota };

    private static GatewayRoute Route(params Target[] targets) => new() { Name = "r", Id = "e-r", Targets = targets, FallbackAttempts = 0 };

    public static TheoryData<string, string> Quotas => new()
    {
        { "unary", "429" }, { "unary", "200" }, { "stream", "429" }, { "stream", "event" },
        { "translated unary", "429" }, { "translated stream", "429" },
    };

    [Theory]
    [MemberData(nameof(Quotas))]
    public async Task Falls_back_where_the_quota_is_used_up_and_never_asks_the_same_target_again(string call, string refusal)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (provider, body) = (call.StartsWith("translated", StringComparison.Ordinal) ? "anthropic" : "openai", call.EndsWith("stream", StringComparison.Ordinal) ? Stream : Unary);
        await gateway.AddRouteAsync(Route(gateway.Target(provider: provider), gateway.Target() with { IsFallback = true }));
        await gateway.AddRouteAsync(Route(gateway.Target(provider: provider)) with { Name = "alone", Id = "e-alone" });
        var script = refusal switch { "429" => Refused, "event" => RefusedInAStream, _ => RefusedWith200 };

        gateway.Provider.Enqueue(script);
        var (status, answer) = await gateway.AskAsync(Path, body);
        Assert.Equal(200, status);
        Assert.Contains("hi", answer, StringComparison.Ordinal);
        Assert.Equal(2, gateway.Provider.Requests.Count);

        gateway.Provider.Clear();
        gateway.Provider.Enqueue(script, 3);
        Assert.Equal(429, (await gateway.AskAsync(Path, body.Replace("\"r\"", "\"alone\"", StringComparison.Ordinal))).Status);
        Assert.Single(gateway.Provider.Requests);
    }

    [Theory]
    [InlineData("$UNSET_API_KEY")]
    [InlineData("keyvault:none")]
    public async Task Falls_back_where_the_primarys_key_cannot_be_had(string reference)
    {
        using var ears = new Ears();
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddLogging(logging => logging.AddProvider(ears)));
        var primary = gateway.Target();
        primary.Config["openai_api_key"] = reference;
        await gateway.AddRouteAsync(Route(primary, gateway.Target() with { IsFallback = true }));
        await gateway.AddRouteAsync(Route(primary) with { Name = "alone", Id = "e-alone" });

        foreach (var body in new[] { Unary, Stream })
        {
            Assert.Equal(200, (await gateway.AskAsync(Path, body)).Status);
            Assert.Equal(503, (await gateway.AskAsync(Path, body.Replace("\"r\"", "\"alone\"", StringComparison.Ordinal))).Status);
        }

        Assert.Equal(2, gateway.Provider.Requests.Count);
        Assert.Contains(ears.Heard, text => text.Contains("falling back", StringComparison.Ordinal) && text.Contains("503", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asks_nobody_else_where_an_answer_came_that_cannot_be_handed_on()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target(), gateway.Target() with { IsFallback = true }) with { Options = RouteOptionSet.Default with { AllowProxy = true } });

        gateway.Provider.Enqueue(new Script { Body = "RIFF", ContentType = "audio/wav" });
        Assert.Equal(502, (await gateway.AskAsync("/gateway/proxy/r/v1/chat/completions", Unary)).Status);

        Assert.Single(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Leads_from_a_log_line_and_a_trace_to_the_target_that_answered()
    {
        using var ears = new Ears();
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddLogging(logging => logging.AddProvider(ears)));
        await gateway.AddRouteAsync(Route(gateway.Target("status=500"), gateway.Target("whole") with { IsFallback = true }));
        await gateway.AddRouteAsync(Route(gateway.Target("cut=2")) with { Name = "broken", Id = "e-broken" });

        using var answer = await gateway.PostAsync(Path, Unary);
        using var broken = await gateway.PostAsync(Path, Stream.Replace("\"r\"", "\"broken\"", StringComparison.Ordinal));
        await broken.Content.ReadAsStringAsync();
        var (id, brokenId) = (answer.Headers.GetValues("X-Request-Id").Single(), broken.Headers.GetValues("X-Request-Id").Single());

        Assert.Contains(ears.Heard, text => text.Contains($"RequestId={id}", StringComparison.Ordinal) && text.Contains("From=openai/status%3D500", StringComparison.Ordinal) && text.Contains("To=openai/whole", StringComparison.Ordinal));
        Assert.Contains(ears.Heard, text => text.Contains($"RequestId={brokenId}", StringComparison.Ordinal) && text.Contains("Target=openai/cut%3D2", StringComparison.Ordinal));
        await Eventually.IsTrueAsync(() => ears.Heard.Any(text => text.StartsWith("trace", StringComparison.Ordinal)
            && text.Contains($"gateway.request_id={id}", StringComparison.Ordinal) && text.Contains("gateway.target=openai/whole", StringComparison.Ordinal) && text.Contains("gateway.attempts=2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Draws_among_those_primaries_alone_that_can_serve_the_call()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.AddRouteAsync(Route(gateway.Target("claude", "anthropic"), gateway.Target("gpt")) with { IsSplit = true });

        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(200, (await gateway.AskAsync("/v1/responses", """{"model":"r","input":"hi there"}""")).Status);
        }
    }
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>A sampling parameter reaches the provider, or is refused, or is said to be left out: nothing vanishes silently, and nothing is said that is not so.</summary>
public sealed class SamplingTests
{
    // Values that stand nowhere else in a request, so that they are found under whatever name.
    private static readonly Dictionary<string, (string Given, string Found)> Parameters = new()
    {
        ["top_p"] = ("0.8125", "0.8125"),
        ["top_k"] = ("37", "37"),
        ["presence_penalty"] = ("0.0625", "0.0625"),
        ["frequency_penalty"] = ("0.03125", "0.03125"),
        ["seed"] = ("77777", "77777"),
        ["logit_bias"] = ("""{"50256":-88}""", "-88"),
        ["top_logprobs"] = ("17", "17"),
    };

    public static IEnumerable<object[]> Calls => Fixture.All.Where(fixture => !fixture.IsGuest && fixture.Operation is not "embeddings")
        .GroupBy(fixture => (fixture.Provider, fixture.Operation, fixture.Call.Model, fixture.Call.Config.ToJsonString()))
        .Select(group => group.OrderBy(fixture => fixture.Name, StringComparer.Ordinal).First())
        .Select(fixture => new object[] { fixture.Provider, fixture.Name });

    [Theory]
    [MemberData(nameof(Calls))]
    public void Sends_refuses_or_says_it_leaves_out(string provider, string name)
    {
        var fixture = new Fixture(provider, provider, name);
        var (operation, call) = (fixture.Translation, fixture.Call with { Stream = false });
        foreach (var (parameter, (given, found)) in Parameters)
        {
            var request = (JsonObject)JsonNode.Parse(fixture.Operation is "chat"
                ? """{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5}"""
                : """{"prompt":"Hi","max_tokens":5}""")!;
            request[parameter] = JsonNode.Parse(given);
            (JsonObject Sent, IReadOnlyList<string> LeftOut) told;
            try
            {
                told = Sampling.Translate(operation, request, call);
            }
            catch (TranslationException)
            {
                continue;
            }

            var isSent = told.Sent.ToJsonString().Contains(found, StringComparison.Ordinal);
            Assert.True(isSent != told.LeftOut.Contains(parameter), $"{parameter} is {(isSent ? "sent, but said to be" : "not sent, and not said to be")} left out: {told.Sent.ToJsonString()}");
        }
    }

    [Theory]
    [InlineData("anthropic", "2023-06-01", "", "{\"temperature\":0.5}")]
    [InlineData("anthropic", "2026-10-21", "temperature", "{\"temperature\":0.5}")]
    [InlineData("anthropic", "2026-10-21", "top_p,top_k,seed", "{\"top_p\":0.5,\"top_k\":3,\"seed\":1}")]
    [InlineData("openai", "", "", "{\"temperature\":0.5,\"top_p\":0.5,\"seed\":1,\"logprobs\":true,\"top_logprobs\":2}")]
    [InlineData("mistral", "", "", "{\"temperature\":0.5,\"seed\":1}")]
    public void Knows_a_scaled_value_from_one_that_is_left_out(string provider, string version, string leftOut, string parameters)
    {
        var request = (JsonObject)JsonNode.Parse(parameters)!;
        request["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Hi" });
        var call = new ProviderCall("m", new() { ["anthropic_version"] = version }, false, "0", DateTimeOffset.UnixEpoch);
        Assert.Equal(leftOut, string.Join(',', Sampling.Translate(ProviderCatalog.Find(provider)!.Chat!, request, call).LeftOut));
    }
}

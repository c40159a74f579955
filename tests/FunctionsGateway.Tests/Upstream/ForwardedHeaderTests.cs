using FunctionsGateway.Errors;
using FunctionsGateway.Upstream.Egress;

namespace FunctionsGateway.Tests.Upstream;

public sealed class ForwardedHeaderTests
{
    [Theory]
    [InlineData("Anthropic-Beta", true)]
    [InlineData("anthropic-version", true)]
    [InlineData("OpenAI-Beta", true)]
    [InlineData("User-Agent", true)]
    [InlineData("X-Stainless-Lang", true)]
    [InlineData("traceparent", true)]
    [InlineData("Authorization", false)]
    [InlineData("x-api-key", false)]
    [InlineData("api-key", false)]
    [InlineData("x-goog-api-key", false)]
    [InlineData("Cookie", false)]
    [InlineData("X-MLflow-Authorization", false)]
    [InlineData("X-Functions-Key", false)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("OpenAI-Organization", false)]
    [InlineData("Connection", false)]
    [InlineData("Host", false)]
    public void Lets_up_what_is_listed_and_nothing_else(string name, bool mayGo) => Assert.Equal(mayGo, ForwardedHeaders.MayGoUp(name));

    [Theory]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\r\nX-Evil: 1")]
    public void Refuses_a_value_of_more_than_one_line(string value) =>
        Assert.Equal(400, Assert.Throws<GatewayException>(() => ForwardedHeaders.OneLine("anthropic-beta", value)).Status);

    [Theory]
    [InlineData("x-ratelimit-remaining-requests", true)]
    [InlineData("anthropic-ratelimit-tokens-limit", true)]
    [InlineData("Set-Cookie", false)]
    [InlineData("Server", false)]
    [InlineData("Transfer-Encoding", false)]
    [InlineData("Connection", false)]
    [InlineData("anthropic-organization-id", false)]
    public void Lets_down_what_is_listed_and_nothing_else(string name, bool mayCome) => Assert.Equal(mayCome, ForwardedHeaders.MayComeDown(name));
}

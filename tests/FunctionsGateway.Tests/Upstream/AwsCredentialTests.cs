using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream.Signing;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>What is AWS' own: which of several credentials holds, whose clock, and what only headers tell.</summary>
public sealed class AwsCredentialTests
{
    private const string Answer = """{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}""";
    private const string Haiku = "anthropic.claude-3-haiku-20240307-v1:0";
    private const string Keys = """{"bedrock_api_base":"BASE","aws_config":{"aws_access_key_id":"AKIDEXAMPLE","aws_secret_access_key":"aws-secret","aws_region":"us-east-1"}}""";

    [Theory]
    [InlineData("""{"bedrock_api_base":"BASE","aws_config":{}}""", "Bearer machine-bearer")]
    [InlineData(Keys, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")]
    [InlineData("""{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"own-bearer"}}""", "Bearer own-bearer")]
    public async Task Uses_the_machines_Bedrock_key_before_its_other_keys_and_after_the_routes(string config, string credential)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("AWS_BEARER_TOKEN_BEDROCK", "machine-bearer"), ("AWS_ACCESS_KEY_ID", "AKIDMACHINE"), ("AWS_SECRET_ACCESS_KEY", "machine-secret"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", Haiku, config);

        Assert.Equal(200, (await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi)).Status);

        Assert.StartsWith(credential, Assert.Single(provider.Requests).Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_the_machines_Bedrock_key_to_no_strange_host()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var gateway = await GatewayUnderTest.StartAsync(("AWS_BEARER_TOKEN_BEDROCK", "machine-bearer"), ("Gateway__Egress__AllowedHosts", "other.example"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", Haiku, """{"bedrock_api_base":"BASE","aws_config":{}}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(503, status);
        Assert.DoesNotContain("machine-bearer", body, StringComparison.Ordinal);
        Assert.Empty(provider.Requests);
    }

    [Fact]
    public async Task Resolves_the_id_of_a_key_that_is_a_reference()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));
        await using var gateway = await GatewayUnderTest.StartAsync(("AWS_ID_API_KEY", "AKIDREFERRED"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", Haiku, Keys.Replace("AKIDEXAMPLE", "$AWS_ID_API_KEY", StringComparison.Ordinal));

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.True(status == 200, body);
        Assert.Contains("Credential=AKIDREFERRED/", Assert.Single(provider.Requests).Headers["Authorization"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("InvalidSignatureException")]
    [InlineData("RequestTimeTooSkewed")]
    public async Task Signs_again_once_by_the_clock_of_AWS_and_keeps_to_it(string refusal)
    {
        var theirs = TimeSpan.FromHours(-3);
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            var now = DateTimeOffset.UtcNow + theirs;
            var isGood = (At(request) - now).Duration() < TimeSpan.FromMinutes(5);
            await AnyProvider.WriteAsync(
                context, "application/json", Encoding.UTF8.GetBytes(isGood ? Answer : """{"message":"Signature expired"}"""), isGood ? 200 : 403,
                ("x-amzn-errortype", refusal), ("Date", now.ToString("R", CultureInfo.InvariantCulture)));
        });
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", Haiku, Keys);

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);
        Assert.True(status == 200, body);
        Assert.Equal(200, (await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi)).Status);

        Assert.Equal(3, provider.Requests.Count);
    }

    [Theory]
    [InlineData(0, "InvalidSignatureException", 1)]
    [InlineData(-3, "InvalidSignatureException", 2)]
    [InlineData(-3, "AccessDeniedException", 1)]
    public async Task Signs_again_for_the_clocks_sake_alone(int hours, string refusal, int requests)
    {
        await using var provider = await AnyProvider.StartAsync(async (context, _) => await AnyProvider.WriteAsync(
            context, "application/json", """{"message":"no"}"""u8.ToArray(), 403,
            ("x-amzn-errortype", refusal), ("Date", DateTimeOffset.UtcNow.AddHours(hours).ToString("R", CultureInfo.InvariantCulture))));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", Haiku, Keys);

        Assert.Equal(502, (await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi)).Status);

        Assert.Equal(requests, provider.Requests.Count);
    }

    [Theory]
    [InlineData("InvalidSignatureException", 3, true)]
    [InlineData("SignatureDoesNotMatch", -10, true)]
    [InlineData("InvalidSignatureException", 0.05, false)]
    [InlineData("ThrottlingException", 3, false)]
    [InlineData(null, 3, false)]
    public void Takes_the_word_of_AWS_for_the_time_where_the_time_was_wrong(string? type, double hours, bool isTaken)
    {
        var clock = new AwsClock();
        Assert.Equal(isTaken, clock.Set(type, TimeSpan.FromHours(hours)));
        Assert.Equal(isTaken ? TimeSpan.FromHours(hours) : TimeSpan.Zero, clock.Offset);
        Assert.False(clock.Set(type, TimeSpan.FromHours(hours)));
    }

    [Fact]
    public async Task Names_the_session_of_a_role_as_the_route_says()
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) => await AnyProvider.WriteAsync(
            context, request.Target.StartsWith("/model", StringComparison.Ordinal) ? "application/json" : "text/xml",
            Encoding.UTF8.GetBytes(request.Target.StartsWith("/model", StringComparison.Ordinal) ? Answer :
                """
                <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
                <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
                </Credentials></AssumeRoleResult></AssumeRoleResponse>
                """)));
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("AWS_ENDPOINT_URL_STS", provider.Address), ("AWS_ACCESS_KEY_ID", "AKIDMACHINE"), ("AWS_SECRET_ACCESS_KEY", "machine-secret"), ("AWS_BEARER_TOKEN_BEDROCK", "machine-bearer"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", Haiku,
            """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::1:role/b","aws_session_name":"team-a"}}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.True(status == 200, body);
        Assert.Contains("RoleSessionName=team-a&", Assert.Single(provider.Requests, one => !one.Target.StartsWith("/model", StringComparison.Ordinal)).Body + "&", StringComparison.Ordinal);
        Assert.Contains("Credential=ASIAROLE/", provider.Requests.Last().Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_the_tokens_that_only_headers_tell()
    {
        await using var provider = await AnyProvider.StartAsync(
            "application/json", """{"type":"completion","completion":" Hello","stop_reason":"stop_sequence","stop":"\n\nHuman:"}"""u8.ToArray(), 200,
            ("X-Amzn-Bedrock-Input-Token-Count", "7"), ("X-Amzn-Bedrock-Output-Token-Count", "3"), ("x-amzn-RequestId", "6a3b"));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Completions, "bedrock", "anthropic.claude-v2", Keys);

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", """{"prompt":"Hi"}""");

        Assert.True(status == 200, body);
        var answer = JsonNode.Parse(body)!;
        Assert.Equal("6a3b", (string?)answer["id"]);
        Assert.Equal("""{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}""", answer["usage"]!.ToJsonString());
    }

    private static DateTimeOffset At(Received request) =>
        DateTimeOffset.ParseExact(request.Headers["x-amz-date"], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

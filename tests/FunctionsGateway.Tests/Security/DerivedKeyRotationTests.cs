using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Security;

/// <summary>Rotation for credentials that are more than a key in a header: what was made from the old key is dropped, and the call is made again with the new one.</summary>
public sealed class DerivedKeyRotationTests
{
    private const string Converse = """{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}""";
    private const string OpenAI = """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}""";
    private const string Gemini = """{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"responseId":"r1"}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Uses_new_AWS_keys_when_the_old_ones_are_refused(bool hasSession)
    {
        var good = "1";
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            var isGood = request.Headers["Authorization"].Contains($"Credential=AKID{good}/", StringComparison.Ordinal)
                && (!hasSession || request.Headers["x-amz-security-token"] == $"session-{good}");
            await WriteAsync(context, isGood ? Converse : """{"message":"The security token included in the request is invalid."}""", isGood ? 200 : 403);
        });
        await using var gateway = await GuardedGateway.StartAsync();
        SetAll(gateway, provider, "1");
        var keys = new JsonObject { ["aws_region"] = "us-east-1", ["aws_access_key_id"] = "keyvault:id", ["aws_secret_access_key"] = "keyvault:secret" };
        if (hasSession)
        {
            keys["aws_session_token"] = "keyvault:session";
        }

        await RouteAsync(gateway, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0", new JsonObject { ["bedrock_api_base"] = provider.Address, ["aws_config"] = keys });
        await AssertAnswersAsync(gateway);

        good = "2";
        SetAll(gateway, provider, "2");

        await AssertAnswersAsync(gateway);
        Assert.Equal(3, provider.Requests.Count);
    }

    // Before the first call there is no token yet: then it is the token's own giver that refuses the old key.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Uses_a_new_client_secret_when_the_old_one_is_refused(bool isBeforeFirstCall)
    {
        var good = "1";
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            var isToken = request.Target == "/oidc/v1/token";
            var isGood = request.Headers["Authorization"] == (isToken ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"id:secret-{good}")) : $"Bearer token-{good}");
            await WriteAsync(context, isGood ? isToken ? $$"""{"access_token":"token-{{good}}","expires_in":3600}""" : OpenAI : """{"error":"invalid_client"}""", isGood ? 200 : 401);
        });
        await using var gateway = await GuardedGateway.StartAsync();
        SetAll(gateway, provider, "1");
        await RouteAsync(gateway, "databricks", "m", new JsonObject { ["host"] = provider.Address, ["client_id"] = "id", ["client_secret"] = "keyvault:secret" });
        if (!isBeforeFirstCall)
        {
            await AssertAnswersAsync(gateway);
        }

        good = "2";
        SetAll(gateway, provider, "2");

        await AssertAnswersAsync(gateway);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Uses_a_new_service_account_key_when_the_old_one_is_refused(bool isBeforeFirstCall)
    {
        var good = "1";
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            var isToken = request.Target == "/token";
            var isGood = isToken ? KeyIdOf(request.Body) == good : request.Headers["Authorization"] == $"Bearer token-{good}";
            await WriteAsync(context, isGood ? isToken ? $$"""{"access_token":"token-{{good}}","expires_in":3599,"token_type":"Bearer"}""" : Gemini : """{"error":"invalid_grant"}""", isGood ? 200 : isToken ? 400 : 401);
        });
        await using var gateway = await GuardedGateway.StartAsync();
        SetAccount(gateway, provider, "1");
        await RouteAsync(gateway, "vertex_ai", "gemini-2.5-pro", new JsonObject { ["vertex_project"] = "p", ["vertex_api_base"] = provider.Address, ["vertex_credentials"] = "keyvault:account" });
        if (!isBeforeFirstCall)
        {
            await AssertAnswersAsync(gateway);
        }

        good = "2";
        SetAccount(gateway, provider, "2");

        await AssertAnswersAsync(gateway);
    }

    [Fact]
    public async Task Assumes_a_role_with_new_keys_when_the_old_ones_are_refused()
    {
        var good = "1";
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            if (request.Target.StartsWith("/model", StringComparison.Ordinal))
            {
                await WriteAsync(context, Converse);
                return;
            }

            var isGood = request.Headers["Authorization"].Contains($"Credential=AKID{good}/", StringComparison.Ordinal);
            await AnyProvider.WriteAsync(context, "text/xml", Encoding.UTF8.GetBytes(isGood
                ? """
                  <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
                  <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
                  </Credentials></AssumeRoleResult></AssumeRoleResponse>
                  """
                : "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>"), isGood ? 200 : 403);
        });
        await using var gateway = await GuardedGateway.StartAsync(("AWS_ENDPOINT_URL_STS", provider.Address));
        SetAll(gateway, provider, "1");
        await RouteAsync(gateway, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0", new JsonObject
        {
            ["bedrock_api_base"] = provider.Address,
            ["aws_config"] = new JsonObject
            {
                ["aws_region"] = "us-east-1", ["aws_role_arn"] = "arn:aws:iam::1:role/b", ["aws_access_key_id"] = "keyvault:id", ["aws_secret_access_key"] = "keyvault:secret",
            },
        });
        good = "2";
        SetAll(gateway, provider, "2");

        await AssertAnswersAsync(gateway);
    }

    private static void SetAll(GuardedGateway gateway, AnyProvider provider, string number)
    {
        gateway.Vault.Set("id", "AKID" + number, provider.Address);
        gateway.Vault.Set("secret", "secret-" + number, provider.Address);
        gateway.Vault.Set("session", "session-" + number, provider.Address);
    }

    private static void SetAccount(GuardedGateway gateway, AnyProvider provider, string number)
    {
        using var rsa = RSA.Create(2048);
        gateway.Vault.Set("account", new JsonObject
        {
            ["type"] = "service_account", ["client_email"] = "sa@p.iam.gserviceaccount.com", ["private_key_id"] = number,
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(), ["token_uri"] = provider.Address + "/token",
        }.ToJsonString(), provider.Address);
    }

    private static string? KeyIdOf(string form)
    {
        var assertion = form.Split('&').Select(field => field.Split('=')).Single(pair => pair[0] == "assertion")[1];
        return (string?)JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(assertion.Split('.')[0]))!["kid"];
    }

    private static async Task RouteAsync(GuardedGateway gateway, string provider, string model, JsonObject config)
    {
        var (status, body) = await gateway.SendAsync("POST", "/api/2.0/gateway/routes/", new JsonObject
        {
            ["name"] = "r", ["route_type"] = "llm/v1/chat", ["model"] = new JsonObject { ["name"] = model, ["provider"] = provider, ["config"] = config },
        }.ToJsonString(), ("x-api-key", gateway.Key));
        Assert.True(status == 200, body);
    }

    private static async Task AssertAnswersAsync(GuardedGateway gateway)
    {
        var (status, body) = await gateway.InvokeAsync("r");
        Assert.True(status == 200, body);
    }

    private static Task WriteAsync(Microsoft.AspNetCore.Http.HttpContext context, string body, int status = 200) =>
        AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(body), status);
}

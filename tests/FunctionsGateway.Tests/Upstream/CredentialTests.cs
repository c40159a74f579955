using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using Azure.Core;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using FunctionsGateway.Upstream.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>The whole path over sockets, for one of each kind of credential.</summary>
public sealed class CredentialTests
{
    private const string OpenAIAnswer = """{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}""";
    private const string GeminiAnswer = """{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"responseId":"r1"}""";
    private const string ConverseAnswer = """{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}""";

    [Theory]
    [InlineData("openai", """{"openai_api_key":"$TEST_API_KEY","openai_api_base":"BASE/v1"}""", "Authorization", "Bearer sk-from-a-setting", OpenAIAnswer)]
    [InlineData("gemini", """{"gemini_api_key":"$TEST_API_KEY","gemini_api_base":"BASE"}""", "x-goog-api-key", "sk-from-a-setting", GeminiAnswer)]
    [InlineData("bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_bearer_token":"$TEST_API_KEY"}}""", "Authorization", "Bearer sk-from-a-setting", ConverseAnswer)]
    public async Task Sends_a_key_in_its_header(string name, string config, string header, string value, string answer)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(answer));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, name, "m", config);

        await AssertAnswers(gateway);

        Assert.Equal(value, Assert.Single(provider.Requests).Headers[header]);
    }

    // Without this, the tests below would hold the signer against a recipe that nobody has checked.
    [Theory]
    [InlineData(null, "a0549af7186340183b4f56a65d21a454e20553cb8718268f5765e0ebbf5947ac")]
    [InlineData("SESSIONTOKEN", "cfe5153da1831d4c1af4707b93cca22a1e867badf8623ceb8db4322ae90c9b6f")]
    public void Expects_the_signatures_that_the_vectors_hold(string? token, string signature)
    {
        var headers = new Dictionary<string, string>
        {
            ["accept"] = "application/json",
            ["content-type"] = "application/json",
            ["host"] = "bedrock-runtime.us-east-1.amazonaws.com",
            ["x-amz-content-sha256"] = "45e583fed2564dc00e823303d7609f8587af7f685b993cb0f998afc0d480b01d",
            ["x-amz-date"] = "20260115T120000Z",
        };
        if (token is not null)
        {
            headers["x-amz-security-token"] = token;
        }

        var computed = Signature("/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse", headers,
            """{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"""u8.ToArray(), new ImmutableCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token), "us-east-1");

        Assert.EndsWith("Signature=" + signature, computed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signs_with_AWS_keys_what_AWS_would_compute()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(ConverseAnswer));
        await using var gateway = await GatewayUnderTest.StartAsync(("AWS_REGION", "eu-central-1"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "us.anthropic.claude-3-haiku-20240307-v1:0",
            """{"bedrock_api_base":"BASE","aws_config":{"aws_access_key_id":"AKIDEXAMPLE","aws_secret_access_key":"aws-secret","aws_session_token":"aws-token"}}""");

        await AssertAnswers(gateway);

        var request = Assert.Single(provider.Requests);
        Assert.Equal("/model/us.anthropic.claude-3-haiku-20240307-v1%3A0/converse", request.Target);
        Assert.Equal("aws-token", request.Headers["x-amz-security-token"]);
        Assert.Equal(Expected(request, new ImmutableCredentials("AKIDEXAMPLE", "aws-secret", "aws-token"), "eu-central-1"), request.Headers["Authorization"]);
    }

    [Fact]
    public async Task Assumes_a_role_once_for_many_calls()
    {
        var assumed = 0;
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            if (request.Target.StartsWith("/model", StringComparison.Ordinal))
            {
                await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(ConverseAnswer));
                return;
            }

            Interlocked.Increment(ref assumed);
            Assert.Contains("Action=AssumeRole&", request.Body, StringComparison.Ordinal);
            Assert.Contains("RoleSessionName=ai-gateway-bedrock", request.Body, StringComparison.Ordinal);
            Assert.Contains("DurationSeconds=1800", request.Body, StringComparison.Ordinal);
            Assert.Contains("Credential=AKIDMACHINE/", request.Headers["Authorization"], StringComparison.Ordinal);
            Assert.Contains("/eu-west-1/sts/aws4_request", request.Headers["Authorization"], StringComparison.Ordinal);
            await AnyProvider.WriteAsync(context, "text/xml", Encoding.UTF8.GetBytes(
                """
                <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
                <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
                </Credentials></AssumeRoleResult></AssumeRoleResponse>
                """));
        });
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("AWS_ENDPOINT_URL_STS", provider.Address), ("AWS_ACCESS_KEY_ID", "AKIDMACHINE"), ("AWS_SECRET_ACCESS_KEY", "machine-secret"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0",
            """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::123456789012:role/bedrock","aws_region":"eu-west-1","session_length_seconds":1800}}""");

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AssertAnswers(gateway)));

        Assert.Equal(1, assumed);
        var request = provider.Requests.Last(one => one.Target.StartsWith("/model", StringComparison.Ordinal));
        Assert.Equal(Expected(request, new ImmutableCredentials("ASIAROLE", "role-secret", "role-token"), "eu-west-1"), request.Headers["Authorization"]);
    }

    [Fact]
    public async Task Assumes_a_role_with_its_own_identity()
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            if (request.Target.StartsWith("/model", StringComparison.Ordinal))
            {
                await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(ConverseAnswer));
                return;
            }

            Assert.Contains("Action=AssumeRoleWithWebIdentity&", request.Body, StringComparison.Ordinal);
            Assert.Contains("WebIdentityToken=token%20for%20api%3A%2F%2Fgateway%2F.default", request.Body, StringComparison.Ordinal);
            Assert.False(request.Headers.ContainsKey("Authorization"));
            await AnyProvider.WriteAsync(context, "text/xml", Encoding.UTF8.GetBytes(
                """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
                <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
                </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """));
        });
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton(new Lazy<TokenCredential>(() => new Identity())), ("AWS_ENDPOINT_URL_STS", provider.Address));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.claude-3-haiku-20240307-v1:0",
            """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::123456789012:role/bedrock","aws_web_identity_audience":"api://gateway"}}""");

        await AssertAnswers(gateway);

        var request = provider.Requests.Last();
        Assert.Equal(Expected(request, new ImmutableCredentials("ASIAROLE", "role-secret", "role-token"), "us-east-1"), request.Headers["Authorization"]);
    }

    [Fact]
    public async Task Says_that_a_role_was_refused_and_shows_no_key()
    {
        await using var provider = await AnyProvider.StartAsync(
            "text/xml", """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>machine-secret</Message></Error></ErrorResponse>"""u8.ToArray(), 403);
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("AWS_ENDPOINT_URL_STS", provider.Address), ("AWS_ACCESS_KEY_ID", "AKIDMACHINE"), ("AWS_SECRET_ACCESS_KEY", "machine-secret"));
        await gateway.RouteAsync(provider, RouteType.Chat, "bedrock", "anthropic.x", """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::1:role/b"}}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(502, status);
        Assert.Contains("arn:aws:iam::1:role/b", body, StringComparison.Ordinal);
        Assert.DoesNotContain("machine-secret", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_an_Entra_token_of_its_own()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(OpenAIAnswer));
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton(new Lazy<TokenCredential>(() => new Identity())));
        await gateway.RouteAsync(provider, RouteType.Chat, "azuread", "m", """{"openai_api_base":"BASE","openai_api_version":"2024-10-21"}""");

        await AssertAnswers(gateway);

        var request = Assert.Single(provider.Requests);
        Assert.Equal("Bearer token for https://cognitiveservices.azure.com/.default", request.Headers["Authorization"]);
        Assert.Equal("/openai/deployments/m/chat/completions?api-version=2024-10-21", request.Target);
    }

    [Fact]
    public async Task Exchanges_a_service_accounts_key_for_a_Google_token_once()
    {
        using var rsa = RSA.Create(2048);
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            if (request.Target != "/token")
            {
                await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(GeminiAnswer));
                return;
            }

            AssertAssertion(request.Body, rsa);
            await AnyProvider.WriteAsync(context, "application/json", """{"access_token":"ya29.google","expires_in":3599,"token_type":"Bearer"}"""u8.ToArray());
        });
        await using var gateway = await GatewayUnderTest.StartAsync();
        var key = new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "sa@p.iam.gserviceaccount.com",
            ["private_key_id"] = "k1",
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = provider.Address + "/token",
        };
        await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "gemini-2.5-pro",
            new JsonObject { ["vertex_project"] = "p", ["vertex_api_base"] = "BASE", ["vertex_credentials"] = key.ToJsonString() }.ToJsonString());

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AssertAnswers(gateway)));

        Assert.Single(provider.Requests, request => request.Target == "/token");
        var asked = provider.Requests.Last();
        Assert.Equal(("/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-pro:generateContent", "Bearer ya29.google"), (asked.Target, asked.Headers["Authorization"]));
    }

    [Fact]
    public async Task Fetches_the_machines_own_Google_token_once_and_by_its_own_door()
    {
        using var rsa = RSA.Create(2048);
        await using var provider = await AnyProvider.StartAsync(async (context, request) => await AnyProvider.WriteAsync(context, "application/json",
            request.Target == "/token" ? """{"access_token":"ya29.machine","expires_in":3599,"token_type":"Bearer"}"""u8.ToArray() : Encoding.UTF8.GetBytes(GeminiAnswer)));
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, new JsonObject
            {
                ["type"] = "service_account",
                ["client_email"] = "machine@p.iam.gserviceaccount.com",
                ["private_key_id"] = "k1",
                ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
                ["token_uri"] = provider.Address + "/token",
            }.ToJsonString());
            await using var gateway = await GatewayUnderTest.StartAsync(("GOOGLE_APPLICATION_CREDENTIALS", file));
            await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "gemini-2.5-pro", """{"vertex_project":"p","vertex_api_base":"BASE"}""");

            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AssertAnswers(gateway)));
            await AssertAnswers(gateway);

            Assert.Single(provider.Requests, request => request.Target == "/token");
            Assert.All(provider.Requests.Where(request => request.Target != "/token"), request => Assert.Equal("Bearer ya29.machine", request.Headers["Authorization"]));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Fetches_the_machines_own_Google_token_from_no_address_that_the_egress_rule_refuses()
    {
        using var rsa = RSA.Create(2048);
        await using var provider = await AnyProvider.StartAsync("application/json", """{"access_token":"ya29.machine","expires_in":3599}"""u8.ToArray());
        var file = Path.GetTempFileName();
        try
        {
            // The same machine, under a name that nobody listed.
            var port = new Uri(provider.Address).Port;
            await File.WriteAllTextAsync(file, new JsonObject
            {
                ["type"] = "service_account",
                ["client_email"] = "machine@p.iam.gserviceaccount.com",
                ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
                ["token_uri"] = $"http://localhost:{port}/token",
            }.ToJsonString());
            await using var gateway = await GatewayUnderTest.StartAsync(("GOOGLE_APPLICATION_CREDENTIALS", file), ("Gateway__Deadlines__Total", "00:00:05"));
            await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "gemini-2.5-pro", """{"vertex_project":"p","vertex_api_base":"BASE"}""");

            var (status, _) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

            Assert.InRange(status, 502, 503);
            Assert.Empty(provider.Requests);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(null, "Bearer google-federated")]
    [InlineData("/sa:generateAccessToken", "Bearer google-impersonated")]
    public async Task Exchanges_its_own_identity_for_a_Google_token(string? impersonation, string bearer)
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            if (request.Target == "/sts")
            {
                Assert.Contains("subject_token=token+for+api%3A%2F%2Fgateway%2F.default", request.Body, StringComparison.Ordinal);
                Assert.Contains("audience=%2F%2Fiam.googleapis.com%2Fpool", request.Body, StringComparison.Ordinal);
            }

            await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(request.Target switch
            {
                "/sts" => """{"access_token":"google-federated","expires_in":3599,"token_type":"Bearer"}""",
                "/sa:generateAccessToken" => """{"accessToken":"google-impersonated","expireTime":"2999-01-01T00:00:00Z"}""",
                _ => GeminiAnswer,
            }));
        });
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton(new Lazy<TokenCredential>(() => new Identity())));
        var account = new JsonObject
        {
            ["type"] = "external_account",
            ["audience"] = "//iam.googleapis.com/pool",
            ["subject_token_type"] = "urn:ietf:params:oauth:token-type:jwt",
            ["token_url"] = provider.Address + "/sts",
            ["service_account_impersonation_url"] = impersonation is null ? null : provider.Address + impersonation,
            ["credential_source"] = new JsonObject { ["url"] = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2Fgateway" },
        };
        await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "gemini-2.5-pro",
            new JsonObject { ["vertex_project"] = "p", ["vertex_api_base"] = "BASE", ["vertex_credentials"] = account.ToJsonString() }.ToJsonString());

        await AssertAnswers(gateway);
        await AssertAnswers(gateway);

        Assert.Equal(bearer, provider.Requests.Last().Headers["Authorization"]);
        Assert.Single(provider.Requests, request => request.Target == "/sts");
    }

    [Theory]
    [InlineData("""{"type":"external_account","audience":"a","token_url":"https://evil.example/","credential_source":{"url":"http://x/?resource=api://g"}}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"external_account","audience":"a","token_url":"https://storage.googleapis.com/public/o","credential_source":{"url":"http://x/?resource=x"}}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"external_account","audience":"a","token_url":"https://sts.googleapis.com.evil.example/v1/token","credential_source":{"url":"http://x/?resource=x"}}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"external_account","audience":"a","service_account_impersonation_url":"https://www.googleapis.com/upload/storage/v1/b/public/o","credential_source":{"url":"http://x/?resource=x"}}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"service_account","type":"external_account"}""", "must be the JSON of a service account's key")]
    [InlineData("""{"type":"service_account","client_email":"e","private_key":"k","token_uri":"https://storage.googleapis.com/public/o"}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"service_account","client_email":"e","private_key":"k","token_uri":"http://oauth2.googleapis.com/token"}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"external_account","audience":"a","credential_source":{"url":"http://x/?resource=https://vault.azure.net"}}""", "must name an Azure application")]
    [InlineData("""{"type":"service_account","client_email":"e","private_key":"k","token_uri":"https://evil.example/token"}""", "is not an address of Google's tokens")]
    [InlineData("""{"type":"service_account","client_email":"e","private_key":"k"}""", "cannot be read")]
    [InlineData("/etc/passwd", "must be the JSON of a service account's key")]
    public async Task Refuses_service_accounts_that_are_none(string key, string reason)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(GeminiAnswer));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "gemini-2.5-pro",
            new JsonObject { ["vertex_project"] = "p", ["vertex_api_base"] = "BASE", ["vertex_credentials"] = key }.ToJsonString());

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(503, status);
        Assert.Contains(reason, body, StringComparison.Ordinal);
        Assert.Empty(provider.Requests);
    }

    [Theory]
    [InlineData("token-2", 200, 2)]
    [InlineData("none", 502, 3)]
    public async Task Fetches_a_token_anew_once_when_it_is_refused(string accepted, int expected, int fetched)
    {
        var tokens = 0;
        await using var provider = await AnyProvider.StartAsync(async (context, request) =>
        {
            if (request.Target == "/oidc/v1/token")
            {
                await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes($$"""{"access_token":"token-{{Interlocked.Increment(ref tokens)}}","expires_in":3600}"""));
                return;
            }

            var isGood = request.Headers["Authorization"] == "Bearer " + accepted;
            await AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(isGood ? OpenAIAnswer : """{"message":"token-1 is no good"}"""), isGood ? 200 : 401);
        });
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "databricks", "m", """{"host":"BASE","client_id":"id","client_secret":"dbx-secret"}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);
        Assert.Equal(expected, status);
        Assert.DoesNotContain("token-", body, StringComparison.Ordinal);
        await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);
        Assert.Equal(fetched, tokens);
    }

    [Theory]
    [InlineData(400, "application/json", """{"error":"invalid_grant","error_description":"Invalid JWT"}""", "invalid_grant")]
    [InlineData(500, "text/html", "<html>", "did not accept")]
    [InlineData(200, "application/json", "{}", "did not accept")]
    public async Task Says_that_Google_refused_a_key(int told, string type, string answer, string reason)
    {
        using var rsa = RSA.Create(2048);
        await using var provider = await AnyProvider.StartAsync(type, Encoding.UTF8.GetBytes(answer), told);
        await using var gateway = await GatewayUnderTest.StartAsync();
        var key = new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "e",
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = provider.Address,
        };
        await gateway.RouteAsync(provider, RouteType.Chat, "vertex_ai", "gemini-2.5-pro",
            new JsonObject { ["vertex_project"] = "p", ["vertex_api_base"] = "BASE", ["vertex_credentials"] = key.ToJsonString() }.ToJsonString());

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(502, status);
        Assert.Contains(reason, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, """{"error":"invalid_client"}""")]
    [InlineData(200, "[]")]
    public async Task Says_that_client_credentials_were_refused(int told, string answer)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(answer), told);
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "databricks", "m", """{"host":"BASE","client_id":"id","client_secret":"dbx-secret"}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(502, status);
        Assert.DoesNotContain("dbx-secret", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bedrock", """{"bedrock_api_base":"BASE","aws_config":{}}""")]
    [InlineData("bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::1:role/r","aws_region":"us-east-1"}}""")]
    [InlineData("bedrock", """{"bedrock_api_base":"BASE","aws_config":{"aws_role_arn":"arn:aws:iam::1:role/r","aws_region":"us-east-1","aws_web_identity_audience":"a"}}""")]
    [InlineData("databricks", """{"host":"BASE"}""")]
    [InlineData("azuread", """{"openai_api_base":"BASE","openai_deployment_name":"d","openai_api_version":"2024-10-21"}""")]
    [InlineData("openai", """{"openai_api_type":"azuread","openai_api_base":"BASE","openai_deployment_name":"d","openai_api_version":"2024-10-21"}""")]
    [InlineData("vertex_ai", """{"vertex_project":"p","vertex_location":"us-central1","vertex_api_base":"BASE","vertex_credentials":"{\"type\":\"external_account\"}"}""")]
    [InlineData("vertex_ai", """{"vertex_project":"p","vertex_location":"us-central1","vertex_api_base":"BASE","vertex_credentials":"{\"type\":\"\\u0065xternal_account\"}"}""")]
    [InlineData("vertex_ai", """{"vertex_project":"p","vertex_location":"us-central1","vertex_api_base":"BASE","vertex_credentials":"{\"typ\\u0065\":\"external\\u005faccount\"}"}""")]
    public async Task Shows_nothing_of_the_machines_own_to_a_strange_host(string name, string config)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes(ConverseAnswer));
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("AWS_ACCESS_KEY_ID", "AKIDMACHINE"), ("AWS_SECRET_ACCESS_KEY", "machine-secret"), ("Gateway__Egress__AllowedHosts", "other.example"));
        await gateway.RouteAsync(provider, RouteType.Chat, name, name == "vertex_ai" ? "gemini-2.0-flash" : "anthropic.x",
            // By http it would be refused before anybody looked whose host it is.
            config.Replace("BASE", $"{provider.Address}".Replace("http:", "https:", StringComparison.Ordinal), StringComparison.Ordinal));

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(503, status);
        Assert.Contains("may not go to", body, StringComparison.Ordinal);
        Assert.Empty(provider.Requests);
    }

    [Fact]
    public async Task Exchanges_client_credentials_for_a_token_once()
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) => await AnyProvider.WriteAsync(
            context, "application/json", request.Target == "/oidc/v1/token"
                ? """{"access_token":"dbx-token","expires_in":3600,"token_type":"Bearer"}"""u8.ToArray()
                : Encoding.UTF8.GetBytes(OpenAIAnswer)));
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.RouteAsync(provider, RouteType.Chat, "databricks", "m", """{"host":"BASE","client_id":"id","client_secret":"dbx-secret"}""");

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AssertAnswers(gateway)));

        var token = Assert.Single(provider.Requests, request => request.Target == "/oidc/v1/token");
        Assert.Equal("grant_type=client_credentials&scope=all-apis", token.Body);
        Assert.Equal("Basic " + Convert.ToBase64String("id:dbx-secret"u8), token.Headers["Authorization"]);
        Assert.All(provider.Requests.Where(request => request != token), request => Assert.Equal("Bearer dbx-token", request.Headers["Authorization"]));
    }

    private static async Task AssertAnswers(GatewayUnderTest gateway)
    {
        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);
        Assert.True(status == 200, body);
        Assert.Equal("Hi", JsonNode.Parse(body)!["choices"]![0]!["message"]!["content"]!.GetValue<string>());
    }

    // The signature of what came over the socket, by the recipe alone (spec/providers-own-shape.md §7.6), which its vectors hold: see the test above.
    private static string Expected(Received request, ImmutableCredentials keys, string region) => Signature(
        request.Target, request.Headers, Encoding.UTF8.GetBytes(request.Body), keys, region);

    private static string Signature(string target, IReadOnlyDictionary<string, string> headers, byte[] body, ImmutableCredentials keys, string region)
    {
        string[] names = [.. new[] { "accept", "content-type", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token" }.Where(headers.ContainsKey)];
        var (path, query) = target.Split('?') is [var before, var after] ? (before, after) : (target, "");
        var canonical = string.Join('\n', ["POST", string.Join('/', path.Split('/').Select(Uri.EscapeDataString)), query,
            .. names.Select(name => $"{name}:{headers[name].Trim()}"), "", string.Join(';', names), Hex(SHA256.HashData(body))]);
        var date = headers["x-amz-date"];
        var scope = $"{date[..8]}/{region}/bedrock/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = new[] { date[..8], region, "bedrock", "aws4_request" }
            .Aggregate(Encoding.UTF8.GetBytes("AWS4" + keys.SecretKey), (last, word) => HMACSHA256.HashData(last, Encoding.UTF8.GetBytes(word)));
        return $"AWS4-HMAC-SHA256 Credential={keys.AccessKey}/{scope}, SignedHeaders={string.Join(';', names)}, Signature={Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}";
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    // RFC 7523, spec/providers-own-shape.md §6.
    private static void AssertAssertion(string form, RSA rsa)
    {
        var fields = form.Split('&').Select(field => field.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", fields["grant_type"]);
        var parts = fields["assertion"].Split('.');
        Assert.True(rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Decode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var (header, claims) = (JsonNode.Parse(Decode(parts[0]))!, JsonNode.Parse(Decode(parts[1]))!);
        Assert.Equal(("RS256", "k1"), (header["alg"]!.GetValue<string>(), header["kid"]!.GetValue<string>()));
        Assert.Equal(("sa@p.iam.gserviceaccount.com", "https://oauth2.googleapis.com/token", "https://www.googleapis.com/auth/cloud-platform", 3600),
            (claims["iss"]!.GetValue<string>(), claims["aud"]!.GetValue<string>(), claims["scope"]!.GetValue<string>(), claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>()));
    }

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    private sealed class Identity : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token for " + requestContext.Scopes.Single(), DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}

using System.Text.RegularExpressions;
using FunctionsGateway.ScriptedProvider;

namespace FunctionsGateway.Tests.Security;

public sealed partial class RotationTests
{
    [Fact]
    public async Task Uses_the_new_key_when_the_provider_refuses_the_old_one()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("openai", "sk-old", gateway.Origin);
        Assert.Equal(200, (await gateway.CreateRouteAsync("chat", "keyvault:openai")).Status);
        Assert.Equal(200, (await gateway.InvokeAsync("chat")).Status);

        gateway.Vault.Set("openai", "sk-new", gateway.Origin);
        gateway.Provider.Enqueue(new Script { Status = 401 });

        Assert.Equal(200, (await gateway.InvokeAsync("chat")).Status);
        Assert.Equal(["Bearer sk-old", "Bearer sk-old", "Bearer sk-new"], gateway.Provider.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Theory]
    [InlineData("anthropic", "x-api-key", 403, """{"type":"error","error":{"type":"permission_error","message":"no"}}""")]
    [InlineData("anthropic", "x-api-key", 401, """{"type":"error","error":{"type":"authentication_error","message":"no"}}""")]
    [InlineData("gemini", "x-goog-api-key", 400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}""")]
    public async Task Uses_the_new_key_whatever_header_it_goes_in_and_however_the_provider_refuses_it(string provider, string header, int status, string refusal)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("key", "sk-old", gateway.Origin);
        var (created, body) = await gateway.SendAsync("POST", "/api/2.0/gateway/routes/",
            $$$$"""{"name":"chat","route_type":"llm/v1/chat","model":{"name":"echo","provider":"{{{{provider}}}}","config":{"{{{{provider}}}}_api_key":"keyvault:key","{{{{provider}}}}_api_base":"{{{{gateway.Provider.Address}}}}"}}}""",
            ("x-api-key", gateway.Key));
        Assert.True(created == 200, body);
        Assert.Equal(200, (await gateway.InvokeAsync("chat")).Status);

        gateway.Vault.Set("key", "sk-new", gateway.Origin);
        gateway.Provider.Enqueue(new Script { Status = status, Body = refusal, ContentType = "application/json" });

        Assert.Equal(200, (await gateway.InvokeAsync("chat")).Status);
        Assert.Equal(["sk-old", "sk-old", "sk-new"], gateway.Provider.Requests.Select(request => request.Headers[header]));
    }

    [Fact]
    public async Task Uses_the_new_key_though_a_refusal_for_another_reason_came_just_before()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("openai", "sk-old", gateway.Origin);
        Assert.Equal(200, (await gateway.CreateRouteAsync("chat", "keyvault:openai")).Status);
        gateway.Provider.Enqueue(new Script { Status = 403 });
        Assert.Equal(502, (await gateway.InvokeAsync("chat")).Status);

        gateway.Vault.Set("openai", "sk-new", gateway.Origin);
        gateway.Provider.Enqueue(new Script { Status = 401 });

        Assert.Equal(200, (await gateway.InvokeAsync("chat")).Status);
        Assert.Equal("Bearer sk-new", gateway.Provider.Requests.Last().Headers["Authorization"]);
    }

    [Fact]
    public async Task Asks_the_provider_once_when_the_vault_has_no_other_key()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("openai", "sk-old", gateway.Origin);
        await gateway.CreateRouteAsync("chat", "keyvault:openai");
        gateway.Provider.Enqueue(new Script { Status = 401 }, times: 2);

        var (status, body) = await gateway.InvokeAsync("chat");

        Assert.Equal(502, status);
        Assert.DoesNotContain("sk-old", body, StringComparison.Ordinal);
        Assert.Single(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Makes_no_vault_request_for_a_warm_call()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("openai", "sk-old", gateway.Origin);
        await gateway.CreateRouteAsync("chat", "keyvault:openai");
        await gateway.InvokeAsync("chat");
        var asked = gateway.Vault.Asked;

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await gateway.InvokeAsync("chat")).Status);
        }

        Assert.Equal(asked, gateway.Vault.Asked);
    }

    [Fact]
    public async Task Keeps_a_literal_in_its_own_vault_and_removes_it_with_the_route()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        Assert.Equal(200, (await gateway.CreateRouteAsync("one", "sk-literal-1")).Status);
        var (name, versions) = Assert.Single(gateway.Vault.Own);
        Assert.Matches(OwnName(), name);
        Assert.Equal(("sk-literal-1", gateway.Origin), (versions[0].Value, versions[0].Origin));
        Assert.Equal(200, (await gateway.InvokeAsync("one")).Status);
        Assert.Equal("Bearer sk-literal-1", gateway.Provider.Requests.Last().Headers["Authorization"]);

        // Another route that merely refers to the secret does not take it away.
        Assert.Equal(200, (await gateway.CreateRouteAsync("two", $"keyvault:{name}")).Status);
        Assert.Equal(200, (await gateway.SendAsync("DELETE", "/api/2.0/gateway/routes/two", null, ("x-api-key", gateway.Key))).Status);
        Assert.Empty(gateway.Vault.Deleted);

        Assert.Equal(409, (await gateway.CreateRouteAsync("one", "sk-literal-2")).Status);
        Assert.Equal([gateway.Vault.Own.Keys.Single(other => other != name)], gateway.Vault.Deleted.Keys);

        Assert.Equal(200, (await gateway.SendAsync("DELETE", "/api/2.0/gateway/routes/one", null, ("x-api-key", gateway.Key))).Status);
        Assert.Equal(2, gateway.Vault.Deleted.Count);
    }

    [Fact]
    public async Task Refuses_a_key_that_is_for_another_host()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Set("anthropic", "sk-ant", "https://api.anthropic.com");
        gateway.Vault.Set("untagged", "sk-untagged");
        gateway.Vault.Set("disabled-api-key", "sk-disabled", gateway.Origin, enabled: false);

        foreach (var reference in new[] { "keyvault:anthropic", "keyvault:untagged", "keyvault:none", "keyvault:disabled-api-key", "$NONE_API_KEY" })
        {
            var (status, body) = await gateway.CreateRouteAsync("chat", reference);
            Assert.Equal(400, status);
            Assert.DoesNotContain("sk-", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(429)]
    [InlineData(403)]
    [InlineData(503)]
    public async Task Says_503_without_detail_when_the_vault_does_not_answer(int failure)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.Failure = failure;

        // A reference can wait for the vault, a literal cannot.
        Assert.Equal(200, (await gateway.CreateRouteAsync("chat", "keyvault:secret-name-api-key")).Status);
        var (status, body) = await gateway.InvokeAsync("chat");

        Assert.Equal(503, status);
        Assert.DoesNotContain("secret-name", body, StringComparison.Ordinal);
        Assert.Empty(gateway.Provider.Requests);
        Assert.Equal(503, (await gateway.CreateRouteAsync("other", "sk-literal")).Status);
        Assert.Equal(404, (await gateway.SendAsync("GET", "/api/2.0/gateway/routes/other", null, ("x-api-key", gateway.Key))).Status);
    }

    [Fact]
    public async Task Refuses_a_literal_without_a_vault_of_its_own()
    {
        await using var gateway = await GuardedGateway.StartAsync(("Gateway__KeyVault__WriteUri", ""));

        var (status, body) = await gateway.CreateRouteAsync("chat", "sk-literal");

        Assert.Equal(400, status);
        Assert.Contains("Gateway__KeyVault__WriteUri", body, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-literal", body, StringComparison.Ordinal);
    }

    [GeneratedRegex("^gw-[0-9a-f]{32}$")]
    private static partial Regex OwnName();
}

using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.LocalHost;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Tests.Access;

public sealed class CallerTests
{
    [Theory]
    [InlineData("true", "True", 200)]
    [InlineData("true", "False", 401)]
    [InlineData("false", "True", 401)]
    public async Task Trusts_the_platforms_header_only_where_it_cannot_be_forged(string trust, string enabled, int status)
    {
        await using var gateway = await GuardedGateway.StartAsync(
            ("Gateway__Access__TrustEasyAuth", trust), ("WEBSITE_AUTH_ENABLED", enabled), ("Gateway__Access__Managers", "boss"));

        Assert.Equal(status, (await gateway.SendAsync("GET", "/api/2.0/gateway/keys/", null, ("X-MS-CLIENT-PRINCIPAL", Principal("aad", "boss")))).Status);
    }

    [Fact]
    public async Task Reads_roles_of_the_platforms_header_and_refuses_other_providers_and_nonsense()
    {
        await using var gateway = await GuardedGateway.StartAsync(("Gateway__Access__TrustEasyAuth", "true"), ("WEBSITE_AUTH_ENABLED", "True"), ("Gateway__Access__Managers", "boss"));

        Assert.Equal(200, await AskAsync("/v1/models", Principal("aad", "ann", "Gateway.Invoke")));
        Assert.Equal(403, await AskAsync("/api/2.0/gateway/keys/", Principal("aad", "ann", "Gateway.Invoke")));
        Assert.Equal(403, await AskAsync("/v1/models", Principal("aad", "ann")));
        Assert.Equal(401, await AskAsync("/v1/models", Principal("github", "boss")));
        Assert.Equal(401, await AskAsync("/v1/models", "nonsense"));
        Assert.Equal(401, await AskAsync("/v1/models", Convert.ToBase64String("[]"u8)));

        async Task<int> AskAsync(string path, string header) => (await gateway.SendAsync("GET", path, null, ("X-MS-CLIENT-PRINCIPAL", header))).Status;
    }

    [Fact]
    public async Task Overlooks_made_up_keys_in_anonymous_mode_but_no_wrong_key_of_its_own()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();

        Assert.Equal(200, await AskAsync("Bearer sk-made-up"));
        Assert.Equal(200, await AskAsync("Bearer fgw_made-up"));
        Assert.Equal(401, await AskAsync($"Bearer {KeyText.New(KeyText.NewId())}"));

        async Task<int> AskAsync(string authorization)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            request.Headers.TryAddWithoutValidation("x-api-key", "another");
            using var answer = await gateway.Client.SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("Gateway__Access__Anonymous=true;WEBSITE_INSTANCE_ID=i", "Access__Anonymous")]
    [InlineData("Gateway__Access__TrustCallerHeader=true", "Access__TrustCallerHeader")]
    [InlineData("Gateway__Secrets__AllowInline=true", "Secrets__AllowInline")]
    [InlineData("Gateway__Access__BootstrapKey=fgw_a-literal-key", "Access__BootstrapKey")]
    [InlineData("Gateway__Access__Entra__TenantId=common;Gateway__Access__Entra__Audiences=a", "Entra__TenantId")]
    [InlineData("Gateway__Access__Entra__TenantId=11111111-2222-3333-4444-555555555555", "Entra__Audiences")]
    [InlineData("Gateway__Access__Entra__Issuers=https://i.example;Gateway__Access__Entra__Audiences=a", "Entra__KeysUrl")]
    [InlineData("Gateway__Access__Entra__Issuers=https://i.example;Gateway__Access__Entra__Audiences=a;Gateway__Access__Entra__KeysUrl=http://i.example", "Entra__KeysUrl")]
    [InlineData("Gateway__KeyVault__Uri=http://v.example", "KeyVault__Uri")]
    [InlineData("Gateway__KeyVault__WriteUri=https://v.example/secrets/x", "KeyVault__WriteUri")]
    public async Task Refuses_to_start_with_settings_that_open_the_gateway(string settings, string named)
    {
        var all = settings.Split(';').Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => (string?)pair[1]);
        all["GatewayStorage"] = "memory";
        all["ASPNETCORE_ENVIRONMENT"] = "Production";

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => LocalHostServer.StartAsync(all));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("a-literal-key", refusal.Message, StringComparison.Ordinal);
    }

    private static string Principal(string provider, string id, params string[] roles) => Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject
    {
        ["auth_typ"] = provider,
        ["role_typ"] = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
        ["claims"] = new JsonArray(
        [
            new JsonObject { ["typ"] = "http://schemas.microsoft.com/identity/claims/objectidentifier", ["val"] = id },
            .. roles.Select(role => new JsonObject { ["typ"] = "roles", ["val"] = role }),
        ]),
    }.ToJsonString()));
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.LocalHost;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
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

    [Theory]
    [InlineData("tid", "11111111-2222-3333-4444-555555555555", 200)]
    [InlineData("http://schemas.microsoft.com/identity/claims/tenantid", "11111111-2222-3333-4444-555555555555", 200)]
    [InlineData("tid", "99999999-2222-3333-4444-555555555555", 401)]
    [InlineData("other", "11111111-2222-3333-4444-555555555555", 401)]
    public async Task Takes_the_platforms_word_for_people_of_its_own_tenant_only(string claim, string tenant, int status)
    {
        await using var gateway = await GuardedGateway.StartAsync(
            ("Gateway__Access__TrustEasyAuth", "true"), ("WEBSITE_AUTH_ENABLED", "True"), ("Gateway__Access__Managers", "boss"),
            ("Gateway__Access__Entra__TenantId", "11111111-2222-3333-4444-555555555555"), ("Gateway__Access__Entra__Audiences", "api://gateway"));
        var principal = JsonNode.Parse(Convert.FromBase64String(Principal("aad", "boss")))!;
        principal["claims"]!.AsArray().Add(new JsonObject { ["typ"] = claim, ["val"] = tenant });

        Assert.Equal(status, (await gateway.SendAsync("GET", "/api/2.0/gateway/keys/", null,
            ("X-MS-CLIENT-PRINCIPAL", Convert.ToBase64String(Encoding.UTF8.GetBytes(principal.ToJsonString()))))).Status);
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
    [InlineData("Gateway__Access__BootstrapKey=$BOOT;BOOT=a-literal-key;WEBSITE_POD_NAME=p", "Access__BootstrapKey")]
    [InlineData("Gateway__Access__BootstrapKey=$BOOT;WEBSITE_INSTANCE_ID=i", "Access__BootstrapKey")]
    [InlineData("Gateway__Access__BootstrapKey=keyvault:boot;WEBSITE_INSTANCE_ID=i", "Access__BootstrapKey")]
    [InlineData("Gateway__Access__BootstrapKey=$BOOT;BOOT=a-literal-key;WEBSITE_INSTANCE_ID=i;Gateway__KeyVault__Uri=https://v.vault.azure.net", "Access__BootstrapKey")]
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

    [Theory]
    [InlineData("$BOOT", "")]
    [InlineData("keyvault:boot", "a-literal-key")]
    public async Task Takes_the_first_managers_key_from_the_vault_in_Azure(string reference, string setting)
    {
        await using var gateway = await GuardedGateway.StartAsync(("Gateway__Access__BootstrapKey", reference), ("BOOT", setting), ("WEBSITE_POD_NAME", "p"));
        gateway.Vault.Set("boot", "0123456789abcdef0123456789abcdef-first");

        Assert.Equal(200, (await gateway.SendAsync("GET", "/api/2.0/gateway/keys/", null, ("x-api-key", "0123456789abcdef0123456789abcdef-first"))).Status);
    }

    public static TheoryData<string, string, int> Names => new()
    {
        { "127.0.0.1:7071", "", 200 },
        { "127.1.2.3", "", 200 },
        { "localhost:7071", "", 200 },
        { "LOCALHOST", "", 200 },
        { "app.localhost:7071", "", 200 },
        { "[::1]:7071", "", 200 },
        { "evil.example:7071", "", 403 },
        { "evil.example", "", 403 },
        { "localhost.evil.example", "", 403 },
        { "127.0.0.1.evil.example", "", 403 },
        { "evillocalhost", "", 403 },
        { "evil.example:7071", "dev.example", 403 },
        { "dev.example:7071", "other.example, DEV.example", 200 },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Serves_nobody_anonymous_under_a_name_that_a_page_could_have_rebound(string host, string allowed, int status)
    {
        await using var gateway = await GatewayUnderTest.StartAsync(allowed.Length == 0 ? [] : [("Gateway__Access__AllowedHosts", allowed)]);
        var key = (await gateway.Services.GetRequiredService<KeyEditor>().CreateAsync(JsonSerializer.SerializeToElement(new { owner = "ann", roles = new[] { "invoke" } }), default)).Text;

        // A page whose name now means this machine is of the same origin as what it asks.
        Assert.Equal(status, await AskAsync("GET", "/v1/models", ("Host", host)));
        Assert.Equal(status, await AskAsync("GET", "/v1/models", ("Host", host), ("Sec-Fetch-Site", "same-origin")));
        Assert.Equal(status == 200 ? 422 : 403, await AskAsync("POST", "/api/2.0/gateway/routes/", ("Host", host), ("Origin", "http://" + host.ToLowerInvariant())));
        Assert.Equal(200, await AskAsync("GET", "/v1/models", ("Host", host), ("x-api-key", key)));
        Assert.Equal(200, await AskAsync("GET", "/health/live", ("Host", host)));

        async Task<int> AskAsync(string method, string path, params (string Name, string Value)[] headers) => await SendAsync(gateway.Client, method, path, headers);
    }

    [Fact]
    public async Task Serves_the_front_ends_names_in_Azure_without_a_setting()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("WEBSITE_INSTANCE_ID", "i"), ("Gateway__Access__AnonymousInAzure", "true"), ("Gateway__Secrets__AllowInline", "false"));

        Assert.Equal(200, await SendAsync(gateway.Client, "GET", "/v1/models", ("Host", "name.azurewebsites.net")));
    }

    public static TheoryData<string, string, int> Pages => new()
    {
        { "", "", 200 },
        { "Origin", "http://evil.example", 403 },
        { "Origin", "https://name.azurewebsites.net.evil.example", 403 },
        { "Origin", "null", 403 },
        { "Origin", "https://name.azurewebsites.net", 200 },
        { "Sec-Fetch-Site", "cross-site", 403 },
        { "Sec-Fetch-Site", "same-site", 403 },
        { "Sec-Fetch-Site", "same-origin", 200 },
        { "Sec-Fetch-Site", "none", 200 },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Lets_no_foreign_page_act_for_a_person_whom_the_browser_signs_in(string header, string value, int status)
    {
        await using var gateway = await GuardedGateway.StartAsync(("Gateway__Access__TrustEasyAuth", "true"), ("WEBSITE_AUTH_ENABLED", "True"), ("Gateway__Access__Managers", "boss"));
        gateway.Vault.Set("openai", "sk-1", gateway.Origin);
        await gateway.CreateRouteAsync("chat", "keyvault:openai");
        (string, string)[] page = header.Length == 0 ? [("Host", "name.azurewebsites.net")] : [("Host", "name.azurewebsites.net"), (header, value)];
        (string, string)[] signedIn = [.. page, ("X-MS-CLIENT-PRINCIPAL", Principal("aad", "boss"))];

        const string chat = """{"model":"chat","messages":[{"role":"user","content":"hi"}]}""";
        foreach (var (method, path, body) in new[]
        {
            ("POST", "/v1/chat/completions", chat), ("POST", "/api/2.0/gateway/keys/", """{"owner":"a","roles":["invoke"]}"""),
            ("PATCH", "/api/2.0/gateway/routes/chat", "{}"), ("DELETE", "/api/2.0/gateway/routes/chat", "{}"),
        })
        {
            var (answered, text) = await gateway.SendAsync(method, path, body, signedIn);
            Assert.True(answered == status, $"{method} {path}: {answered} {text}");
        }

        // A link from anywhere may show something, which its page cannot read.
        Assert.Equal(200, (await gateway.SendAsync("GET", "/v1/models", null, signedIn)).Status);
        // A browser sends no such header for a page without having asked the gateway, which never agrees.
        Assert.Equal(200, (await gateway.SendAsync("POST", "/api/2.0/gateway/keys/", """{"owner":"a","roles":["invoke"]}""", [.. page, ("Authorization", $"Bearer {gateway.Key}")])).Status);
    }

    private static async Task<int> SendAsync(HttpClient client, string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = method == "GET" ? null : new StringContent("{}");
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
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

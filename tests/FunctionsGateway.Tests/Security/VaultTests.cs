using System.Text.Json.Nodes;
using Azure.Core;
using FunctionsGateway.Routes;
using FunctionsGateway.Secrets;
using FunctionsGateway.Storage.Vaults;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>The real SecretClient against the local vault: what it answers, alone and through the whole path.</summary>
public sealed class VaultTests
{
    private const string Name = "gw-0123456789abcdef0123456789abcdef";
    private const string Origin = "https://api.openai.com";

    [Fact]
    public async Task Writes_reads_and_removes_and_finds_a_removed_name_taken()
    {
        await using var vault = await VaultImitation.StartAsync();
        var store = Store(vault);

        await store.WriteAsync(Name, "sk-1", Origin, default);
        Assert.Equal(new StoredSecret("sk-1", Origin), await store.ReadAsync(new(null, Name, null), default));
        await store.RemoveAsync(Name, default);

        Assert.Null(await store.ReadAsync(new(null, Name, null), default));
        Assert.Equal("The vault answered 409.", (await Assert.ThrowsAsync<SecretStoreException>(() => store.WriteAsync(Name, "sk-2", Origin, default))).Message);
        await store.RemoveAsync(Name, default);
        await store.RemoveAsync("gw-ffffffffffffffffffffffffffffffff", default);
    }

    [Theory]
    [InlineData("gw-0123456789abcdef0123456789abcdef", VaultImitation.OwnHost)]
    [InlineData("gw-openai-api-key", "keys.vault.azure.net")]
    [InlineData("gw-0123456789abcdef0123456789abcde", "keys.vault.azure.net")]
    [InlineData("gw-0123456789abcdef0123456789abcdef0", "keys.vault.azure.net")]
    [InlineData("gw-0123456789ABCDEF0123456789abcdeg", "keys.vault.azure.net")]
    public async Task Looks_for_a_name_in_its_own_vault_only_where_it_has_the_form_of_those_it_makes(string name, string host)
    {
        await using var vault = await VaultImitation.StartAsync();

        Assert.Null(await Store(vault).ReadAsync(new(null, name, null), default));

        Assert.Equal([$"GET {host}"], vault.Requests);
    }

    [Fact]
    public async Task Writes_to_its_own_vault_and_leaves_the_operators_alone()
    {
        await using var gateway = await GuardedGateway.StartAsync();

        Assert.Equal(200, (await gateway.CreateRouteAsync("chat", "sk-literal")).Status);
        Assert.Equal(200, (await gateway.SendAsync("DELETE", "/api/2.0/gateway/routes/chat", null, ("x-api-key", gateway.Key))).Status);

        Assert.Empty(gateway.Vault.Operators);
        Assert.Single(gateway.Vault.Own);
        Assert.Contains($"PUT {VaultImitation.OwnHost}", gateway.Vault.Requests);
        Assert.All(gateway.Vault.Requests, request => Assert.EndsWith(VaultImitation.OwnHost, request, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("https://vault.azure.net.evil.example")]
    [InlineData("https://storage.azure.com")]
    public async Task Shows_no_token_to_a_vault_that_asks_for_one_of_another_domain(string resource)
    {
        // The client remembers the true challenge of a host that it has met: here it meets each for the first time.
        await using var vault = await VaultImitation.StartAsync();
        vault.Challenge = $"Bearer authorization=\"https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111\", resource=\"{resource}\"";
        vault.Set("k", "value");
        var credential = new CountingCredential();

        await Assert.ThrowsAsync<SecretStoreException>(() => Store(vault, credential, $"https://{new Uri(resource).Host.Replace('.', '-')}.vault.azure.net").ReadAsync(new(null, "k", null), default));

        Assert.Equal((0, 0), (credential.Asked, vault.Asked));
    }

    [Fact]
    public async Task Reads_the_version_that_is_asked_for_and_the_newest_otherwise()
    {
        await using var vault = await VaultImitation.StartAsync();
        vault.Set("k", "old");
        vault.Set("k", "new");

        Assert.Equal("new", (await Store(vault).ReadAsync(new(null, "k", null), default))!.Value);
        Assert.Equal("old", (await Store(vault).ReadAsync(new(null, "k", vault.Operators["k"][0].Id), default))!.Value);
    }

    [Theory]
    [InlineData(401, null)]
    [InlineData(403, 1)]
    [InlineData(429, 1)]
    [InlineData(503, 1)]
    public async Task Tells_what_the_vault_answered_and_how_long_to_wait_but_no_name(int failure, int? seconds)
    {
        await using var vault = await VaultImitation.StartAsync();
        vault.Failure = failure;

        foreach (var asking in new Func<Task>[]
        {
            () => Store(vault).ReadAsync(new(null, "secret-name", null), default),
            () => Store(vault).WriteAsync("secret-name", "sk-1", Origin, default),
            () => Store(vault).RemoveAsync("secret-name", default),
        })
        {
            var refusal = await Assert.ThrowsAsync<SecretStoreException>(asking);
            Assert.Equal($"The vault answered {failure}.", refusal.Message);
            Assert.True(seconds is null || refusal.RetryAfter == TimeSpan.FromSeconds(seconds.Value));
        }
    }

    [Theory]
    [InlineData(404)]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Answers_a_cold_call_503_without_detail_and_asks_no_provider(int failure)
    {
        await using var gateway = await GuardedGateway.StartAsync();
        await gateway.Services.GetRequiredService<IRouteStore>().CommitAsync([new RouteEdit("cold", new GatewayRoute
        {
            Name = "cold", Id = "e-1", Type = RouteType.Chat,
            Targets = [new Target
            {
                Id = "m-1", DefinitionId = "d-1", Provider = "openai", Model = "echo",
                Config = new JsonObject { ["openai_api_key"] = "keyvault:secret-name", ["openai_api_base"] = $"{gateway.Provider.Address}v1" },
            }],
        }, ETag: null)], null, default);
        gateway.Vault.Failure = failure;

        var (status, body) = await gateway.InvokeAsync("cold");

        Assert.Equal(503, status);
        Assert.DoesNotContain("secret-name", body, StringComparison.Ordinal);
        Assert.Empty(gateway.Provider.Requests);
    }

    [Fact]
    public async Task Creates_no_route_whose_name_in_the_vault_is_taken_by_a_removed_secret()
    {
        await using var gateway = await GuardedGateway.StartAsync();
        gateway.Vault.HoldsRemovedNames = true;

        var (status, body) = await gateway.CreateRouteAsync("chat", "sk-literal");

        Assert.Equal(503, status);
        Assert.Contains("Nothing was changed", body, StringComparison.Ordinal);
        Assert.Equal(404, (await gateway.SendAsync("GET", "/api/2.0/gateway/routes/chat", null, ("x-api-key", gateway.Key))).Status);
        gateway.Vault.HoldsRemovedNames = false;
        Assert.Equal(200, (await gateway.CreateRouteAsync("chat", "sk-literal")).Status);
    }

    private sealed class CountingCredential : TokenCredential
    {
        public int Asked { get; private set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked++;
            return new AccessToken(VaultImitation.Token, DateTimeOffset.UtcNow.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }

    private static KeyVaultStore Store(VaultImitation vault, TokenCredential? identity = null, string operators = "https://keys.vault.azure.net") => new(
        new KeyVaultSettings { Uri = operators, WriteUri = "https://own.vault.azure.net" },
        new Lazy<TokenCredential>(() => identity ?? new GuardedGateway.ScriptedCredential()), VaultImitation.Options(vault.Port));
}

using FunctionsGateway.Access.Keys;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Access;

/// <summary>The first manager's key, in a vault on a socket: as fresh as every other key, and nobody else's trouble while the vault is down.</summary>
public sealed class BootstrapKeyTests : IAsyncLifetime
{
    private const string Keys = "/api/2.0/gateway/keys/";
    private const string First = "11111111111111111111111111111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Second = "22222222222222222222222222222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly ManualTime _time = new();
    private GuardedGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GuardedGateway.StartAsync(
        builder => builder.Services.AddSingleton<TimeProvider>(_time), ("Gateway__Access__BootstrapKey", "keyvault:gateway-bootstrap"));

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public static TheoryData<string> Foreign =>
    [
        "fgw_not-a-key-but-longer-than-thirty-two-characters", "sk-proj-0123456789012345678901234567890123456789", "AIzaSy0123456789012345678901234567890",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2kuZXhhbXBsZSJ9.c2lnbmF0dXJl", "short", "with a space and longer than thirty-two characters", new string('a', 513),
    ];

    [Fact]
    public async Task Works_no_longer_than_thirty_seconds_after_the_vault_has_another()
    {
        _gateway.Vault.Set("gateway-bootstrap", First);
        Assert.Equal(200, await AskAsync(First));
        _gateway.Vault.Set("gateway-bootstrap", Second);
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(401, await AskAsync(First));
        Assert.Equal(200, await AskAsync(Second));
        _gateway.Vault.Deleted["gateway-bootstrap"] = true;
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(401, await AskAsync(Second));
    }

    [Fact]
    public async Task Is_asked_for_once_in_many_calls()
    {
        _gateway.Vault.Set("gateway-bootstrap", First);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, await AskAsync(First));
            Assert.Equal(401, await AskAsync(Second));
        }

        Assert.Equal(1, _gateway.Vault.Asked);
    }

    [Fact]
    public async Task Is_401_when_the_vault_has_none()
    {
        Assert.Equal(401, await AskAsync(First));
        Assert.Equal(401, await AskAsync(KeyText.New(KeyText.NewId())));
        _gateway.Vault.Set("gateway-bootstrap", First, enabled: false);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(401, await AskAsync(First));
        _gateway.Vault.Set("gateway-bootstrap", "short");
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(401, await AskAsync("short"));
    }

    [Fact]
    public async Task Is_503_while_the_vault_is_down_for_who_could_hold_it_and_asks_it_seldom()
    {
        _gateway.Vault.Failure = 500;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(503, await AskAsync(First));
        }

        Assert.Equal(1, _gateway.Vault.Asked);
        _gateway.Vault.Failure = 0;
        _gateway.Vault.Set("gateway-bootstrap", First);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(200, await AskAsync(First));
        // Known, but not for longer than any other key while its storage is down.
        _gateway.Vault.Failure = 500;
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(200, await AskAsync(First));
        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(503, await AskAsync(First));
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Is_no_matter_of_who_cannot_hold_it(string credential)
    {
        _gateway.Vault.Failure = 500;

        Assert.Equal(401, await AskAsync(credential));
        Assert.Equal(401, await AskAsync(KeyText.New(KeyText.NewId())));
        Assert.Equal(200, await AskAsync(_gateway.Key));
        Assert.Equal(0, _gateway.Vault.Asked);
    }

    private async Task<int> AskAsync(string credential) => (await _gateway.SendAsync("GET", Keys, null, ("Authorization", $"Bearer {credential}"))).Status;
}

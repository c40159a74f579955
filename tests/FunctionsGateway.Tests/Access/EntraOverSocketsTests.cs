using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Access;

/// <summary>Entra's tokens as callers send them, against an issuer on a socket that publishes its keys, changes them and fails.</summary>
public sealed class EntraOverSocketsTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTime _time = new();
    private readonly RSA _first = RSA.Create(2048);
    private readonly RSA _second = RSA.Create(2048);
    private AnyProvider _issuer = null!;
    private GuardedGateway _gateway = null!;
    private (string Id, RSA Key)[] _published = [];
    private int _status = 200;

    public async Task InitializeAsync()
    {
        _published = [("k1", _first)];
        _issuer = await AnyProvider.StartAsync((context, _) => AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(KeySet()), _status));
        _gateway = await GuardedGateway.StartAsync(
            builder => builder.Services.AddSingleton<TimeProvider>(_time),
            ("Gateway__Access__Entra__Issuers", "https://issuer.example/"), ("Gateway__Access__Entra__Audiences", "api://gateway"), ("Gateway__Access__Entra__KeysUrl", $"{_issuer.Address}/discovery/keys"));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task Fetches_the_issuers_keys_once_and_again_when_a_token_names_a_new_one()
    {
        Assert.Equal(200, await AskAsync(Token("k1", _first)));
        Assert.Equal(200, await AskAsync(Token("k1", _first, "bob")));
        Assert.Equal("/discovery/keys", Assert.Single(_issuer.Requests).Target);
        Assert.DoesNotContain(_issuer.Requests.Single().Headers, header => header.Key is "Authorization" or "Cookie");

        // The issuer rolls over: first both, then the new one alone.
        _published = [("k1", _first), ("k2", _second)];
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, await AskAsync(Token("k2", _second)));
        Assert.Equal(200, await AskAsync(Token("k1", _first, "cid")));
        Assert.Equal(2, _issuer.Requests.Count);

        _published = [("k2", _second)];
        _time.Advance(TimeSpan.FromMinutes(1));
        // A name that nobody has makes the instance look, and so forget the old one.
        Assert.Equal(401, await AskAsync(Token("k3", _first)));
        Assert.Equal(401, await AskAsync(Token("k1", _first, "dan")));
        Assert.Equal(200, await AskAsync(Token("k2", _second, "dan")));
        Assert.Equal(3, _issuer.Requests.Count);
    }

    [Fact]
    public async Task Asks_the_issuer_once_a_minute_however_many_keys_are_made_up()
    {
        Assert.Equal(200, await AskAsync(Token("k1", _first)));
        _time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(401, await AskAsync(Token("made-up-" + i, _second)));
        }

        Assert.Equal(2, _issuer.Requests.Count);
        Assert.Equal(401, await AskAsync(Token("k1", _second)));
    }

    [Fact]
    public async Task Serves_by_the_known_keys_while_the_issuer_is_down_and_says_503_without_any()
    {
        _status = 500;
        Assert.Equal(503, await AskAsync(Token("k1", _first)));
        _status = 200;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, await AskAsync(Token("k1", _first)));
        _status = 500;
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(200, await AskAsync(Token("k1", _first, "bob")));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(503, await AskAsync(Token("k1", _first, "cid")));
    }

    /// <summary>What <c>docs/security.md</c> says of it: groups and roles are the token's, as long as it lives; a token is no longer taken five minutes after it ends.</summary>
    [Fact]
    public async Task Believes_a_token_about_roles_until_it_ends()
    {
        var token = Token("k1", _first);
        Assert.Equal(200, await AskAsync(token));
        _time.Advance(TimeSpan.FromMinutes(64));
        Assert.Equal(200, await AskAsync(token));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(401, await AskAsync(token));
        Assert.Equal(403, await AskAsync(Token("k1", _first, "ann", role: "Gateway.Other")));
    }

    private async Task<int> AskAsync(string token) => (await _gateway.SendAsync("GET", "/v1/models", null, ("Authorization", $"Bearer {token}"))).Status;

    private string KeySet() => new JsonObject
    {
        ["keys"] = new JsonArray([.. _published.Select(published => new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = published.Id,
            ["n"] = Base64Url.EncodeToString(published.Key.ExportParameters(false).Modulus),
            ["e"] = Base64Url.EncodeToString(published.Key.ExportParameters(false).Exponent),
        })]),
    }.ToJsonString();

    private string Token(string kid, RSA key, string who = "ann", string role = "Gateway.Invoke")
    {
        var text = $"{Encode(new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = kid })}.{Encode(new JsonObject
        {
            ["iss"] = "https://issuer.example/",
            ["aud"] = "api://gateway",
            ["exp"] = _time.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
            ["oid"] = who,
            ["roles"] = new JsonArray(role),
        })}";
        return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Access;
using FunctionsGateway.Access.Entra;
using FunctionsGateway.Errors;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Access;

public sealed class EntraTokenTests : IDisposable
{
    private const string Tenant = "11111111-2222-3333-4444-555555555555";
    private readonly ManualTime _time = new();
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _next = RSA.Create(2048);
    private readonly EntraTokens _tokens;
    private string[] _published = ["k1"];
    private Exception? _failure;
    private int _fetches;

    public EntraTokenTests()
    {
        var options = Microsoft.Extensions.Options.Options.Create(new GatewayOptions
        {
            Access = { Managers = "boss", Entra = { TenantId = Tenant, Audiences = "api://gateway", InvokeRoles = "Gateway.Invoke,group-1" } },
        });
        _tokens = new EntraTokens(new KeySet(FetchAsync, options, _time), new RoleMap(options), options, _time);
    }

    public void Dispose()
    {
        _key.Dispose();
        _next.Dispose();
    }

    [Theory]
    [InlineData("https://login.microsoftonline.com/" + Tenant + "/v2.0")]
    [InlineData("https://sts.windows.net/" + Tenant + "/")]
    public async Task Takes_a_token_of_the_tenant(string issuer) => Assert.Equal(new Caller("ann", true, false), await FindAsync(With(claims => claims["iss"] = issuer)));

    [Fact]
    public async Task Takes_an_audience_in_a_list_a_group_as_role_and_the_first_managers()
    {
        Assert.NotNull(await FindAsync(With(claims => claims["aud"] = new JsonArray("other", "api://gateway"))));
        Assert.True((await FindAsync(With(claims => (claims["roles"], claims["groups"]) = (null, new JsonArray("group-1")))))!.MayInvoke);
        Assert.True((await FindAsync(With(claims => claims["roles"] = new JsonArray("Gateway.Manage"))))!.MayManage);
        Assert.Equal(new Caller("boss", true, true), await FindAsync(With(claims => (claims["oid"], claims["roles"]) = ("boss", null))));
        Assert.Equal(new Caller("ann", false, false), await FindAsync(With(claims => claims["roles"] = new JsonArray("Other"))));
    }

    public static TheoryData<string> Wrongs => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task Refuses_a_token_when_one_thing_is_wrong(string wrong) => Assert.Null(await FindAsync(Wrong[wrong](this)));

    [Theory]
    [InlineData("RS384")]
    [InlineData("HS256")]
    [InlineData("none")]
    [InlineData("rs256")]
    [InlineData("ES256")]
    [InlineData("PS256")]
    public async Task Fetches_nothing_for_another_algorithm(string algorithm)
    {
        Assert.Null(await FindAsync(Sign(Header(header => header["alg"] = algorithm), Claims())));
        Assert.Equal(0, _fetches);
    }

    [Fact]
    public async Task Fetches_nothing_for_another_issuer()
    {
        Assert.Null(await FindAsync(With(claims => claims["iss"] = "https://login.microsoftonline.com/other/v2.0")));
        Assert.Equal(0, _fetches);
    }

    [Fact]
    public async Task Verifies_a_token_once_and_then_knows_it_until_it_ends()
    {
        var token = With(claims => claims["exp"] = Now(60));
        Assert.NotNull(await FindAsync(token));
        Assert.True(FindAsync(token).IsCompletedSuccessfully);
        // Its signature takes part: another token with the same beginning is another token.
        Assert.Null(await FindAsync(token[..^6] + "AAAAAA"));
        _time.Advance(TimeSpan.FromSeconds(60 + 300));
        Assert.Null(await FindAsync(token));
    }

    [Fact]
    public async Task Fetches_the_keys_once_a_minute_at_most_for_unknown_ones_and_finds_a_new_one()
    {
        Assert.NotNull(await FindAsync(With(_ => { })));
        var rolled = Sign(Header(header => header["kid"] = "k2"), Claims(), _next);
        _published = ["k1", "k2"];
        Assert.Null(await FindAsync(rolled));
        Assert.Equal(1, _fetches);

        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.NotNull(await FindAsync(rolled));
        for (var i = 0; i < 20; i++)
        {
            await FindAsync(Sign(Header(header => header["kid"] = $"made-up-{i}"), Claims()));
        }

        Assert.Equal(2, _fetches);
    }

    [Fact]
    public async Task Serves_known_keys_for_a_day_while_the_set_cannot_be_read_and_then_says_503()
    {
        Assert.NotNull(await FindAsync(With(_ => { })));
        _failure = new HttpRequestException("down");
        _time.Advance(TimeSpan.FromHours(23));
        Assert.NotNull(await FindAsync(With(claims => (claims["exp"], claims["n"]) = (Now(3600), 1))));
        _time.Advance(TimeSpan.FromHours(2));

        Assert.Equal(503, (await Assert.ThrowsAsync<GatewayException>(() => FindAsync(With(claims => claims["n"] = 2)))).Status);
    }

    [Fact]
    public async Task Says_503_when_the_keys_were_never_read()
    {
        _failure = new HttpRequestException("down");
        Assert.Equal(503, (await Assert.ThrowsAsync<GatewayException>(() => FindAsync(With(_ => { })))).Status);
    }

    private static readonly Dictionary<string, Func<EntraTokenTests, string>> Wrong = new()
    {
        ["signed by another key"] = t => t.Sign(Header(), t.Claims(), t._next),
        ["kid missing"] = t => t.Sign(Header(h => h.Remove("kid")), t.Claims()),
        ["kid no text"] = t => t.Sign(Header(h => h["kid"] = 1), t.Claims()),
        ["crit present"] = t => t.Sign(Header(h => h["crit"] = new JsonArray("exp")), t.Claims()),
        ["iss missing"] = t => t.With(c => c.Remove("iss")),
        ["iss with a slash more"] = t => t.With(c => c["iss"] = $"https://login.microsoftonline.com/{Tenant}/v2.0/"),
        ["aud missing"] = t => t.With(c => c.Remove("aud")),
        ["aud other"] = t => t.With(c => c["aud"] = "api://other"),
        ["aud in other case"] = t => t.With(c => c["aud"] = "API://GATEWAY"),
        ["aud list of others"] = t => t.With(c => c["aud"] = new JsonArray("a", "b")),
        ["aud empty list"] = t => t.With(c => c["aud"] = new JsonArray()),
        ["aud object"] = t => t.With(c => c["aud"] = new JsonObject { ["api://gateway"] = 1 }),
        ["exp missing"] = t => t.With(c => c.Remove("exp")),
        ["exp text"] = t => t.With(c => c["exp"] = "99999999999"),
        ["exp past"] = t => t.With(c => c["exp"] = t.Now(-301)),
        ["exp out of range"] = t => t.With(c => c["exp"] = long.MaxValue),
        ["nbf to come"] = t => t.With(c => c["nbf"] = t.Now(301)),
        ["nbf text"] = t => t.With(c => c["nbf"] = "0"),
        ["no subject"] = t => t.With(c => c.Remove("oid")),
        ["claims twice"] = t => t.SignRaw(Header().ToJsonString(), t.Claims().ToJsonString()[..^1] + ",\"aud\":\"api://gateway\"}"),
        ["claims no object"] = t => t.SignRaw(Header().ToJsonString(), "[]"),
        ["claims no JSON"] = t => t.SignRaw(Header().ToJsonString(), "{"),
        ["claims changed"] = t => t.With(_ => { }).Split('.') is var p ? $"{p[0]}.{Encode(Encoding.UTF8.GetBytes(t.Claims(c => c["oid"] = "boss").ToJsonString()))}.{p[2]}" : "",
        ["signature truncated"] = t => t.With(_ => { })[..^20],
        ["signature empty"] = t => t.With(_ => { }) is var s ? s[..(s.LastIndexOf('.') + 1)] : "",
        ["no base64"] = t => "eyJ!." + t.With(_ => { }).Split('.', 2)[1],
        ["two parts"] = t => t.With(_ => { }) is var s ? s[..s.LastIndexOf('.')] : "",
        ["oversized"] = t => t.With(c => c["pad"] = new string('a', 17_000)),
        ["nested too deep"] = t => t.SignRaw(Header().ToJsonString(), "{\"a\":" + new string('[', 40) + new string(']', 40) + "}"),
        ["empty"] = _ => "",
    };

    private Task<Caller?> FindAsync(string token) => _tokens.FindAsync(token, CancellationToken.None).AsTask();

    private Task<byte[]> FetchAsync(Uri address, CancellationToken cancellation)
    {
        _fetches++;
        Assert.Equal($"https://login.microsoftonline.com/{Tenant}/discovery/v2.0/keys", address.ToString());
        if (_failure is not null)
        {
            throw _failure;
        }

        var keys = new JsonArray(
            new JsonObject { ["kty"] = "EC", ["kid"] = "ec", ["crv"] = "P-256", ["x"] = "AA", ["y"] = "AA" },
            new JsonObject { ["kty"] = "RSA", ["kid"] = "broken" });
        foreach (var id in _published)
        {
            var parameters = (id == "k1" ? _key : _next).ExportParameters(false);
            keys.Add(new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = id, ["n"] = Encode(parameters.Modulus!), ["e"] = Encode(parameters.Exponent!) });
        }

        return Task.FromResult(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["keys"] = keys }));
    }

    private string With(Action<JsonObject> change) => Sign(Header(), Claims(change));

    private static JsonObject Header(Action<JsonObject>? change = null)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = "k1" };
        change?.Invoke(header);
        return header;
    }

    private JsonObject Claims(Action<JsonObject>? change = null)
    {
        var claims = new JsonObject
        {
            ["iss"] = $"https://login.microsoftonline.com/{Tenant}/v2.0",
            ["aud"] = "api://gateway",
            ["exp"] = Now(3600),
            ["nbf"] = Now(-10),
            ["oid"] = "ann",
            ["roles"] = new JsonArray("Gateway.Invoke"),
        };
        change?.Invoke(claims);
        return claims;
    }

    private long Now(int seconds) => _time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();

    private string Sign(JsonObject header, JsonObject claims, RSA? key = null) => SignRaw(header.ToJsonString(), claims.ToJsonString(), key);

    private string SignRaw(string header, string claims, RSA? key = null)
    {
        var text = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Encode((key ?? _key).SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}

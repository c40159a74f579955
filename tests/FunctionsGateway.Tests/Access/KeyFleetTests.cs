using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Access;

/// <summary>Two live instances over one Table Storage, each with a clock of its own: what one is told of a key, the other holds to within 30 seconds.</summary>
public sealed class KeyFleetTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Keys = "/api/2.0/gateway/keys/";

    private readonly ManualTime _time = new();
    private readonly List<GuardedGateway> _gateways = [];
    private string _manager = "";

    private GuardedGateway First => _gateways[0];

    private GuardedGateway Second => _gateways[1];

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            _gateways.Add(await GuardedGateway.StartAsync(
                builder => builder.Services.AddSingleton<TimeProvider>(_time), ("GatewayStorage", azurite.ConnectionString)));
        }

        _manager = First.Key;
    }

    public async Task DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    public static TheoryData<string, string, string> Endings => new()
    {
        { "PATCH", "", """{"disabled":true}""" },
        { "DELETE", "", "{}" },
        { "POST", "/rotate", """{"grace_seconds":0}""" },
        { "PATCH", "", """{"roles":["manage"]}""" },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task A_key_that_one_instance_ends_is_refused_by_the_other_within_its_bound(string method, string path, string body)
    {
        var (id, key) = await MakeAsync();
        // Made here, it works there at once.
        Assert.Equal((200, 200), (await AskAsync(First, key), await AskAsync(Second, key)));

        Assert.Equal(200, (await First.SendAsync(method, Keys + id + path, body, ("x-api-key", _manager))).Status);

        // The instance that was told refuses at once; the other when what it knows is 30 s old, without a moment in between.
        var refused = body.Contains("roles", StringComparison.Ordinal) ? 403 : 401;
        Assert.Equal(refused, await PostAsync(First, key));
        Assert.NotEqual(refused, await PostAsync(Second, key));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(refused, await PostAsync(Second, key));
    }

    [Fact]
    public async Task A_busy_key_is_refused_after_the_reading_in_the_background()
    {
        var (id, key) = await MakeAsync();
        Assert.Equal(200, await AskAsync(Second, key));
        await First.SendAsync("PATCH", Keys + id, """{"disabled":true}""", ("x-api-key", _manager));
        _time.Advance(TimeSpan.FromSeconds(15));

        // No time passes here but the reading's own.
        await Eventually.IsTrueAsync(async () => await AskAsync(Second, key) == 401);
        Assert.Equal(200, (await First.SendAsync("PATCH", Keys + id, """{"disabled":false}""", ("x-api-key", _manager))).Status);
        Assert.Equal(200, await AskAsync(First, key));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, await AskAsync(Second, key));
    }

    private async Task<(string Id, string Key)> MakeAsync()
    {
        using var answer = await First.AskAsync("POST", Keys, """{"owner":"ann","roles":["invoke","manage"]}""", ("x-api-key", _manager));
        var made = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return ((string)made["key_id"]!, (string)made["key"]!);
    }

    private static async Task<int> AskAsync(GuardedGateway gateway, string key) => (await gateway.SendAsync("GET", "/v1/models", null, ("x-api-key", key))).Status;

    // An invocation, which needs the role; of no route.
    private static async Task<int> PostAsync(GuardedGateway gateway, string key) => (await gateway.SendAsync("POST", "/v1/chat/completions", """{"model":"none"}""", ("x-api-key", key))).Status;
}

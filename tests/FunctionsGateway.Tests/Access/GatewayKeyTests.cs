using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Errors;
using FunctionsGateway.Storage.Access;
using FunctionsGateway.Tests.Security;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Access;

public sealed class GatewayKeyTests : IAsyncLifetime
{
    private const string Keys = "/api/2.0/gateway/keys/";
    private GuardedGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GuardedGateway.StartAsync(("Gateway__Access__BootstrapKey", "$BOOT"), ("BOOT", "bootstrap-0123456789-0123456789-0123456789"));
        _gateway.Vault.Set("openai", "sk-1", _gateway.Origin);
        Assert.Equal(200, (await _gateway.CreateRouteAsync("chat", "keyvault:openai")).Status);
        Assert.Equal(200, (await _gateway.CreateRouteAsync("other", "keyvault:openai")).Status);
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Is_shown_once_and_then_listed_changed_rotated_and_removed()
    {
        var (_, made) = await AskAsync("POST", Keys, """{"name":"n","owner":"ann","roles":["invoke"],"routes":["chat"],"expires_at":"2999-01-01T00:00:00Z"}""");
        var (id, key) = ((string)made["key_id"]!, (string)made["key"]!);
        Assert.Equal(["key_id", "name", "owner", "roles", "routes", "expires_at", "created_at", "disabled", "key"], made.AsObject().Select(member => member.Key));
        Assert.Equal(200, await InvokeAsync("chat", key));
        Assert.Equal(404, await InvokeAsync("other", key));
        Assert.Equal(["chat"], (await AskAsync("GET", "/v1/models", null, key)).Json["data"]!.AsArray().Select(model => (string)model!["id"]!));

        var (_, listed) = await AskAsync("GET", Keys);
        Assert.Contains(listed["keys"]!.AsArray(), entry => (string)entry!["key_id"]! == id);
        Assert.DoesNotContain(key[21..60], listed.ToJsonString(), StringComparison.Ordinal);
        Assert.Null((await AskAsync("GET", Keys + id)).Json["key"]);

        var (_, rotated) = await AskAsync("POST", $"{Keys}{id}/rotate", """{"grace_seconds":60}""");
        Assert.Equal(200, await InvokeAsync("chat", key));
        Assert.Equal(200, await InvokeAsync("chat", (string)rotated["key"]!));
        (_, rotated) = await AskAsync("POST", $"{Keys}{id}/rotate");
        Assert.Equal(401, await InvokeAsync("chat", key));
        key = (string)rotated["key"]!;

        Assert.Equal(200, (await AskAsync("PATCH", Keys + id, """{"disabled":true}""")).Status);
        Assert.Equal(401, await InvokeAsync("chat", key));
        Assert.Equal(200, (await AskAsync("PATCH", Keys + id, """{"disabled":false,"routes":null}""")).Status);
        Assert.Equal(200, await InvokeAsync("other", key));
        Assert.Equal(200, (await AskAsync("DELETE", Keys + id)).Status);
        Assert.Equal(401, await InvokeAsync("chat", key));
        Assert.Equal(404, (await AskAsync("DELETE", Keys + id)).Status);
    }

    [Theory]
    [InlineData("""{"roles":["invoke"]}""")]
    [InlineData("""{"owner":"a"}""")]
    [InlineData("""{"owner":"\ud800","roles":["invoke"]}""")]
    [InlineData("""{"owner":"a","roles":["invoke"],"\udfff":1}""")]
    [InlineData("""{"owner":"a","roles":[]}""")]
    [InlineData("""{"owner":"a","roles":["root"]}""")]
    [InlineData("""{"owner":"a","roles":["manage"],"routes":["chat"]}""")]
    [InlineData("""{"owner":"a","roles":["invoke"],"routes":[]}""")]
    [InlineData("""{"owner":"a","roles":["invoke"],"expires_at":"2001-01-01T00:00:00Z"}""")]
    [InlineData("""{"owner":"a","roles":["invoke"],"expires_at":"tomorrow"}""")]
    [InlineData("""{"owner":"a\nb","roles":["invoke"]}""")]
    [InlineData("""{"owner":"a","roles":["invoke"],"key":"fgw_mine"}""")]
    [InlineData("""{"owner":"a","owner":"b","roles":["invoke"]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task Refuses_a_description_that_makes_no_key(string body) => Assert.Equal(422, (await AskAsync("POST", Keys, body)).Status);

    [Theory]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("authorization", "bearer  {0}")]
    [InlineData("Authorization", "Basic {1}")]
    [InlineData("x-api-key", "{0}")]
    [InlineData("api-key", "{0}")]
    [InlineData("x-goog-api-key", "{0}")]
    [InlineData("x-functions-key", "{0}")]
    [InlineData("X-MLflow-Authorization", "Basic {1}")]
    [InlineData("X-MLflow-Authorization", "Bearer {0}")]
    public async Task Is_taken_wherever_a_client_puts_it(string header, string form)
    {
        var value = form.Replace("{0}", _gateway.Key, StringComparison.Ordinal)
            .Replace("{1}", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{_gateway.Key}")), StringComparison.Ordinal);
        Assert.Equal(200, (await _gateway.InvokeAsync("chat", (header, value))).Status);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("code")]
    [InlineData("api_key")]
    [InlineData("api-key")]
    [InlineData("access_token")]
    public async Task Is_never_taken_from_a_query(string name) =>
        Assert.Equal(401, (await _gateway.SendAsync("GET", $"/v1/models?{name}={_gateway.Key}")).Status);

    [Fact]
    public async Task Must_not_contradict_another()
    {
        var other = await _gateway.NewKeyAsync(["invoke"]);
        Assert.Equal(200, (await _gateway.InvokeAsync("chat", ("Authorization", $"Bearer {_gateway.Key}"), ("x-api-key", _gateway.Key))).Status);
        Assert.Equal(400, (await _gateway.InvokeAsync("chat", ("Authorization", $"Bearer {_gateway.Key}"), ("x-api-key", other))).Status);
        Assert.Equal(400, (await _gateway.InvokeAsync("chat", ("x-api-key", _gateway.Key), ("api-key", "sk-other"))).Status);
        Assert.Equal(400, (await _gateway.InvokeAsync("chat", ("X-MLflow-Authorization", $"Bearer {_gateway.Key}"), ("api-key", other))).Status);
        Assert.Equal(200, (await _gateway.InvokeAsync("chat", ("X-MLflow-Authorization", $"Bearer {_gateway.Key}"), ("Authorization", "Bearer sk-of-a-provider"))).Status);
    }

    [Fact]
    public async Task Is_refused_when_anything_in_it_is_wrong()
    {
        foreach (var wrong in new[] { Flipped(10), Flipped(40), Flipped(90), _gateway.Key[..^1], _gateway.Key + "0", _gateway.Key.ToUpperInvariant(), KeyText.New("0123456789abcdef"), KeyText.New(_gateway.Key[4..20]), "x", "" })
        {
            Assert.Equal(401, await InvokeAsync("chat", wrong));
        }

        string Flipped(int at) => _gateway.Key[..at] + (_gateway.Key[at] == '0' ? '1' : '0') + _gateway.Key[(at + 1)..];
    }

    [Fact]
    public async Task Has_a_first_manager_from_the_vault()
    {
        Assert.Equal(200, (await AskAsync("GET", Keys, null, "bootstrap-0123456789-0123456789-0123456789")).Status);
        Assert.Equal(401, (await AskAsync("GET", Keys, null, "bootstrap-0123456789-0123456789-012345678X")).Status);
    }

    [Fact]
    public async Task Never_goes_to_the_provider_nor_do_cookies()
    {
        Assert.Equal(200, (await _gateway.InvokeAsync("chat", ("x-api-key", _gateway.Key), ("Cookie", "session=1"), ("X-Forwarded-For", "10.0.0.1"), ("X-Anything", "1"))).Status);

        var headers = _gateway.Provider.Requests.Last().Headers;
        Assert.Equal("Bearer sk-1", headers["Authorization"]);
        Assert.DoesNotContain(headers, header => header.Value.Contains(_gateway.Key, StringComparison.Ordinal));
        Assert.Equal(["Authorization", "Content-Length", "Content-Type", "Host"], headers.Keys.Where(name => name != "Accept-Encoding").Order(StringComparer.OrdinalIgnoreCase));
    }

    private async Task<int> InvokeAsync(string route, string key) => (await _gateway.InvokeAsync(route, ("x-api-key", key))).Status;

    private async Task<(int Status, JsonNode Json)> AskAsync(string method, string path, string? body = null, string? key = null)
    {
        using var answer = await _gateway.AskAsync(method, path, body, ("Authorization", $"Bearer {key ?? _gateway.Key}"));
        return ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}

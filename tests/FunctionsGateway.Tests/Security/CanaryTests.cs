using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.ScriptedProvider;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Tests.Security;

/// <summary>Fake keys, each unlike any other text, at every place where a key can be; none comes out anywhere.</summary>
public sealed partial class CanaryTests
{
    private readonly Dictionary<string, string> _canaries = [];
    private readonly List<string> _answers = [];
    private readonly ShiftedTime _time = new();

    [Fact]
    public async Task No_key_is_in_any_answer_log_trace_metric_or_exception()
    {
        using var ears = new Ears();
        await using var gateway = await StartAsync(
            ears,
            ("CANARY_API_KEY", Canary("app setting")),
            ("Gateway__Access__BootstrapKey", "$BOOT"), ("BOOT", Canary("bootstrap key")));
        _canaries["gateway key"] = gateway.Key;
        gateway.Vault.Set("tagged", Canary("vault"), gateway.Origin);

        // Where keys belong.
        await TellAsync(gateway.CreateRouteAsync("setting", "$CANARY_API_KEY"));
        await TellAsync(gateway.CreateRouteAsync("vault", "keyvault:tagged"));
        await TellAsync(gateway.CreateRouteAsync("literal", Canary("literal")));
        foreach (var route in new[] { "setting", "vault", "literal" })
        {
            Assert.Equal(200, await TellAsync(gateway.InvokeAsync(route)));
            await TellAsync(gateway.SendAsync("GET", $"/api/2.0/gateway/routes/{route}", null, ("x-api-key", gateway.Key)));
        }

        await TellAsync(gateway.SendAsync("GET", "/v1/models", null, ("Authorization", $"Bearer {_canaries["bootstrap key"]}")));

        // Providers that tell what they were sent, in every shape that they have for it.
        foreach (var (route, key) in new[] { ("setting", _canaries["app setting"]), ("vault", _canaries["vault"]), ("literal", _canaries["literal"]) })
        {
            // Retries of the others take their time.
            foreach (var status in new[] { 400, 401, 403, 404, 422, 500 })
            {
                foreach (var (body, type) in Echoes(key).Take(status == 500 ? 1 : int.MaxValue))
                {
                    gateway.Provider.Clear();
                    gateway.Provider.Enqueue(new Script { Status = status, Body = body, ContentType = type, Headers = new Dictionary<string, string> { ["X-Echo"] = key } }, times: 6);
                    // A key that is refused again and again is read anew every five seconds, which nobody here wants to wait for.
                    _time.Skip(TimeSpan.FromSeconds(6));
                    await TellAsync(gateway.InvokeAsync(route, ("x-api-key", gateway.Key)));
                }
            }
        }

        gateway.Provider.Clear();

        // Where keys do not belong.
        foreach (var (header, form) in new[]
            { ("Authorization", "Bearer {0}"), ("Authorization", "Basic {0}"), ("Authorization", "{0}"), ("x-api-key", "{0}"), ("api-key", "{0}"), ("x-goog-api-key", "{0}"),
              ("x-functions-key", "{0}"), ("X-MLflow-Authorization", "Bearer {0}"), ("Cookie", "key={0}"), ("X-MS-CLIENT-PRINCIPAL", "{0}"), ("X-Gateway-Caller", "{0}") })
        {
            await TellAsync(gateway.InvokeAsync("vault", (header, string.Format(System.Globalization.CultureInfo.InvariantCulture, form, Canary($"header {header} {form}")))));
        }

        var unknown = KeyText.New(KeyText.NewId());
        _canaries["unknown gateway key"] = unknown;
        await TellAsync(gateway.InvokeAsync("vault", ("Authorization", $"Bearer {unknown}")));
        await TellAsync(gateway.InvokeAsync("vault", ("Authorization", $"Bearer {gateway.Key}"), ("api-key", Canary("second credential"))));
        foreach (var name in new[] { "key", "code", "api_key", "access_token" })
        {
            await TellAsync(gateway.SendAsync("GET", $"/v1/models?{name}={Canary($"query {name}")}"));
            await TellAsync(gateway.SendAsync("POST", $"/gateway/none/invocations?{name}={Canary($"query of a call {name}")}", "{}", ("x-api-key", gateway.Key)));
        }

        await TellAsync(gateway.CreateRouteAsync("a", "$" + Canary("name of a setting")));
        await TellAsync(gateway.CreateRouteAsync("b", "keyvault:" + Canary("name in a vault") + "/nothing"));
        await TellAsync(gateway.CreateRouteAsync("c", "https://evil.example/secrets/" + Canary("address of a secret")));
        await TellAsync(gateway.CreateRouteAsync("d", Canary("literal with a break") + "\r\nX-Evil: 1"));
        await TellAsync(gateway.CreateRouteAsync("e", "sk-1", $"https://user:{Canary("password in an address")}@api.openai.com"));
        await TellAsync(gateway.CreateRouteAsync("f", "sk-2", $"https://api.openai.com/?key={Canary("query of an address")}"));
        foreach (var body in new[] { """{"name":"x","model":{"config":{"other_api_key":"{0}"}}}""", """{"api_key":"{0}"}""", """{"name":{"key":"{0}"}}""", "{\"key\":\"{0}\"", "{0}" })
        {
            foreach (var path in new[] { "/api/2.0/gateway/routes/", "/api/2.0/gateway/keys/", "/gateway/vault/invocations", "/v1/chat/completions" })
            {
                var asking = gateway.SendAsync("POST", path, body.Replace("{0}", Canary($"body {path} {body}"), StringComparison.Ordinal), ("x-api-key", gateway.Key));
                // A call's faults show the caller, and nobody else, the caller's own member, as MLflow does.
                _ = path.StartsWith("/api", StringComparison.Ordinal) ? await TellAsync(asking) : (await asking).Status;
            }
        }

        await ReadRowsAsync(gateway);
        ears.Observe();

        // A vault that repeats what it was asked.
        gateway.Vault.Failure = 403;
        await TellAsync(gateway.CreateRouteAsync("g", Canary("literal for a vault that fails")));

        AssertSilent(ears);
    }

    private void AssertSilent(Ears ears)
    {
        // The ears hear, else silence proves nothing.
        Assert.True(ears.HasHeard("log: Trace") || ears.HasHeard("log: Debug"));
        Assert.True(ears.HasHeard("trace") && ears.HasHeard("metric") && ears.HasHeard("exception"));
        var leaks = from text in _answers.Concat(ears.Heard)
                    from canary in _canaries
                    where Shapes(canary.Value).Any(shape => text.Contains(shape, StringComparison.OrdinalIgnoreCase))
                    select $"the key of '{canary.Key}' in: {text}";
        var found = leaks.ToArray();
        Assert.True(found.Length == 0, $"{found.Length} leaks:\n{string.Join("\n\n", found.Take(40))}");
    }

    private Task<GuardedGateway> StartAsync(Ears ears, params (string Name, string Value)[] settings) => GuardedGateway.StartAsync(
        builder => builder.Services.AddSingleton<TimeProvider>(_time).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.Trace).AddFilter("System", LogLevel.Trace).AddProvider(ears)),
        settings);

    private static IEnumerable<(string Body, string Type)> Echoes(string key)
    {
        yield return (new JsonObject { ["error"] = new JsonObject { ["message"] = $"Incorrect API key provided: {key}.", ["type"] = key, ["param"] = key, ["code"] = key } }.ToJsonString(), "application/json");
        yield return (new JsonObject { ["detail"] = $"no {key}" }.ToJsonString(), "application/json");
        yield return ($"Bad key {key}", "text/plain");
        yield return ($"<p>{key}</p>", "text/html");
        yield return ($"https://api.example/v1?key={Uri.EscapeDataString(key)}", "text/plain");
        // Texts are cut at 2,048 characters: half a key is a leak as well.
        yield return (new JsonObject { ["message"] = new string('x', 2_048 - (key.Length / 2)) + key }.ToJsonString(), "application/json");
        yield return ($"{{\"message\":\"{string.Concat(key.Select(c => $"\\u{(int)c:x4}"))}\"}}", "application/json");
    }

    private static IEnumerable<string> Shapes(string key) =>
        [key, key[..(key.Length * 2 / 5)], key[^(key.Length * 2 / 5)..], Convert.ToBase64String(Encoding.UTF8.GetBytes(key))];

    private string Canary(string place) => _canaries[place] = $"canary-{Guid.NewGuid():N}{Guid.NewGuid():N}"[7..];

    private async Task<int> TellAsync(Task<(int Status, string Body)> asking)
    {
        var (status, body) = await asking;
        _answers.Add($"answer {status}: {body}");
        return status;
    }
}

using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Access.Keys;
using FunctionsGateway.Routes;
using FunctionsGateway.ScriptedProvider;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

public sealed partial class CanaryTests
{
    [Fact]
    public async Task No_key_of_the_operators_file_or_of_an_identity_is_said_or_stored()
    {
        using var ears = new Ears();
        var folder = Directory.CreateTempSubdirectory("canary").FullName;
        try
        {
            var (keyFile, config) = (Path.Combine(folder, "key"), Path.Combine(folder, "config.yaml"));
            await File.WriteAllTextAsync(keyFile, Canary("key file"));
            await File.WriteAllTextAsync(config, Yaml(keyFile));
            (string, string)[] settings =
            [
                ("Gateway__ConfigPath", config), ("Gateway__Secrets__FileRoot", folder), ("Gateway__Access__TrustEasyAuth", "true"), ("WEBSITE_AUTH_ENABLED", "True"),
                ("Gateway__Access__Entra__TenantId", "11111111-2222-3333-4444-555555555555"), ("Gateway__Access__Entra__Audiences", "api://gateway"),
            ];
            await using (var gateway = await StartAsync(ears, settings))
            {
                _canaries["gateway key"] = gateway.Key;
                gateway.Provider.Enqueue(new Script { Status = 401, Body = Echoes(_canaries["key file"]).First().Body, ContentType = "application/json" }, times: 2);
                // The file's address is none that listens: what matters is what is said when the key was read.
                await TellAsync(gateway.InvokeAsync("filed"));
                await TellAsync(gateway.SendAsync("GET", "/api/2.0/gateway/routes/filed", null, ("x-api-key", gateway.Key)));

                foreach (var credential in Tokens())
                {
                    Assert.Equal(401, await TellAsync(gateway.InvokeAsync("filed", ("Authorization", $"Bearer {credential}"))));
                }

                foreach (var principal in Principals())
                {
                    Assert.Equal(401, await TellAsync(gateway.InvokeAsync("filed", ("X-MS-CLIENT-PRINCIPAL", principal))));
                }

                // A route whose limits are counted and refuse.
                Assert.Equal(200, await TellAsync(gateway.CreateRouteAsync("limited", Canary("key of a limited route"))));
                Assert.Equal(200, await TellAsync(gateway.SendAsync("POST", "/api/2.0/gateway/limits/", """{"route":"limited","limits":[{"calls":1,"renewal_period":"hour"}]}""", ("x-api-key", gateway.Key))));
                gateway.Provider.Clear();
                Assert.Equal(200, await TellAsync(gateway.InvokeAsync("limited")));
                Assert.Equal(429, await TellAsync(gateway.InvokeAsync("limited")));
                ears.Observe();
                Assert.True(ears.HasHeard("metric: gateway.limits.admitted") && ears.HasHeard("metric: gateway.limits.refused"));
                await ReadRowsAsync(gateway);
            }

            // A literal in the file stops the start, or leaves the file out; either way nobody is told it.
            await File.WriteAllTextAsync(config, Yaml(Canary("literal in the file")));
            try
            {
                await using var gateway = await StartAsync(ears, settings);
                await TellAsync(gateway.SendAsync("GET", "/health/"));
            }
            catch (Exception failure) when (failure is not Xunit.Sdk.XunitException)
            {
                _answers.Add($"start: {failure}");
            }

            AssertSilent(ears);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string Yaml(string key) => $"""
            endpoints:
              - name: filed
                endpoint_type: llm/v1/chat
                model:
                  provider: openai
                  name: echo
                  config:
                    openai_api_key: {key}
                    openai_api_base: https://127.0.0.1:1/v1
            """;
    }

    // Of another issuer, so that nothing is fetched for them; and cut and mangled ones.
    private IEnumerable<string> Tokens()
    {
        foreach (var payload in new[] { """{"iss":"https://other.example","aud":"api://gateway","oid":"KEY"}""", """{"iss":"KEY"}""", "KEY" })
        {
            var token = $"{Url("""{"alg":"RS256","kid":"k"}""")}.{Url(payload.Replace("KEY", Canary($"token {payload}"), StringComparison.Ordinal))}.{Url(Canary($"signature {payload}"))}";
            _canaries[$"whole token {payload}"] = token;
            yield return token;
            yield return token[..(token.Length - 20)];
        }

        static string Url(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    private IEnumerable<string> Principals()
    {
        foreach (var principal in new[] { """{"auth_typ":"aad","claims":[{"typ":"oid","val":"KEY"},{"typ":"tid","val":"other"}]}""", """{"auth_typ":"github","claims":"KEY"}""", "KEY" })
        {
            var header = Convert.ToBase64String(Encoding.UTF8.GetBytes(principal.Replace("KEY", Canary($"principal {principal}"), StringComparison.Ordinal)));
            _canaries[$"whole principal {principal}"] = header;
            yield return header;
        }
    }

    private async Task ReadRowsAsync(GuardedGateway gateway)
    {
        var rows = 0;
        await foreach (var change in gateway.Services.GetRequiredService<IRouteStore>().ChangesAsync(-1, CancellationToken.None))
        {
            if (change.Route is { } route)
            {
                rows++;
                _answers.Add($"row: {RouteJson.Write(route)}");
            }
        }

        foreach (var key in await gateway.Services.GetRequiredService<IKeyStore>().ListAsync("", 100, CancellationToken.None))
        {
            rows++;
            _answers.Add($"row: {KeyJson.Write(key)}");
        }

        Assert.True(rows > 1);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Azure.Core;
using FunctionsGateway.LocalHost;
using FunctionsGateway.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>The gateway in a process of its own, as App Service starts it: its real ManagedIdentityCredential and SecretClient against imitations.</summary>
public sealed class ManagedIdentityTests
{
    private const string Client = "0f0f0f0f-1111-2222-3333-444444444444";

    [Fact]
    public async Task Reads_the_vault_with_the_apps_identity()
    {
        await using var vault = await VaultImitation.StartAsync();
        vault.Set("OPENAI-API-KEY", "sk-from-the-vault");
        await using var identity = await IdentityImitation.StartAsync();

        var (status, output) = await RunChildAsync(vault.Port, identity.Address, "header-1");

        Assert.True(status == 0, output);
        Assert.Equal(["ManagedIdentityCredential", "sk-from-the-vault"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        // One token for the vault's audience, by the identity's own protocol; the second read needed none.
        Assert.Equal([$"?api-version=2019-08-01&resource=https://vault.azure.net&client_id={Client} header-1"], identity.Asked);
        Assert.Equal(2, vault.Asked);
    }

    [Fact]
    public async Task Gets_nothing_without_the_platforms_header()
    {
        await using var vault = await VaultImitation.StartAsync();
        await using var identity = await IdentityImitation.StartAsync();

        var (status, output) = await RunChildAsync(vault.Port, identity.Address, "wrong");

        Assert.Equal(1, status);
        Assert.Contains("got no token", output, StringComparison.Ordinal);
        Assert.Equal(0, vault.Asked);
    }

    /// <summary>The child.</summary>
    internal static async Task<int> RunAsync(int vaultPort)
    {
        var settings = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value);
        await using var gateway = await LocalHostServer.StartAsync(settings, configure: builder => builder.Services.AddSingleton(VaultImitation.Options(vaultPort)));
        Console.WriteLine(gateway.Services.GetRequiredService<Lazy<TokenCredential>>().Value.GetType().Name);
        try
        {
            var store = gateway.Services.GetRequiredService<ISecretStore>();
            var secret = new SecretReference.Vaulted(null, "OPENAI-API-KEY", null);
            await store.ReadAsync(secret, CancellationToken.None);
            Console.WriteLine((await store.ReadAsync(secret, CancellationToken.None))?.Value);
            return 0;
        }
        catch (SecretStoreException failure)
        {
            Console.WriteLine(failure.Message);
            return 1;
        }
    }

    private static async Task<(int Status, string Output)> RunChildAsync(int vaultPort, string endpoint, string header)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ManagedIdentityTests).Assembly.Location, "managed-identity", $"{vaultPort}"]) { RedirectStandardOutput = true };
        foreach (var (name, value) in new[]
        {
            ("IDENTITY_ENDPOINT", endpoint), ("IDENTITY_HEADER", header), ("AZURE_CLIENT_ID", Client), ("ASPNETCORE_ENVIRONMENT", "Production"),
            ("GatewayStorage", "memory"), ("Gateway__KeyVault__Uri", "https://keys.vault.azure.net"), ("WEBSITE_INSTANCE_ID", "i1"),
        })
        {
            start.Environment[name] = value;
        }

        using var child = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = await child.StandardOutput.ReadToEndAsync(patience.Token);
        await child.WaitForExitAsync(patience.Token);
        return (child.ExitCode, output);
    }

    private sealed class IdentityImitation(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public string Address => app.Urls.First() + "/msi/token";

        public static async Task<IdentityImitation> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var identity = new IdentityImitation(app);
            app.Run(identity.AnswerAsync);
            await app.StartAsync();
            return identity;
        }

        public async ValueTask DisposeAsync() => await app.DisposeAsync();

        private Task AnswerAsync(HttpContext context)
        {
            var header = context.Request.Headers["X-IDENTITY-HEADER"].ToString();
            Asked.Enqueue($"{context.Request.QueryString} {header}");
            if (header != "header-1")
            {
                context.Response.StatusCode = 401;
                return context.Response.WriteAsync("""{"statusCode":401,"message":"no"}""");
            }

            var resource = context.Request.Query["resource"].ToString();
            return context.Response.WriteAsync(new JsonObject
            {
                ["access_token"] = $"token-for-{resource}",
                ["expires_on"] = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["resource"] = resource,
                ["token_type"] = "Bearer",
                ["client_id"] = Client,
            }.ToJsonString());
        }
    }
}

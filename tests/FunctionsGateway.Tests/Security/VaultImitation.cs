using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using FunctionsGateway.Storage.Vaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Security;

/// <summary>Key Vaults on a local https socket, as spec/azure.md §7.1 has their wire: challenge, versions, tags, errors, soft deletion.</summary>
internal sealed class VaultImitation : IAsyncDisposable
{
    public const string Token = "token-for-https://vault.azure.net";

    private readonly WebApplication _app;
    private int _asked;

    private VaultImitation(WebApplication app) => _app = app;

    /// <summary>The host of the vault that takes secrets; every other is read only, as the app's role in the operator's vault has it.</summary>
    public const string OwnHost = "own.vault.azure.net";

    /// <summary>Every version of every secret of the operator's vault, the newest last.</summary>
    public ConcurrentDictionary<string, List<Version>> Operators { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every version of every secret of the gateway's own vault, the newest last.</summary>
    public ConcurrentDictionary<string, List<Version>> Own { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where the vault sends who has no token for it; null for its own true challenge.</summary>
    public string? Challenge { get; set; }

    /// <summary>The hosts of the vaults that were asked, and by which verb, with the right token.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentDictionary<string, bool> Deleted { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The status that every authorised request gets; 0 for the true one.</summary>
    public int Failure { get; set; }

    /// <summary>Whether every name that is new is that of a secret that was removed and can be recovered.</summary>
    public bool HoldsRemovedNames { get; set; }

    /// <summary>How many requests came with the right token.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    public static async Task<VaultImitation> StartAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=vault", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var vault = new VaultImitation(app);
        app.Run(vault.AnswerAsync);
        await app.StartAsync();
        return vault;
    }

    /// <summary>The client's options: whatever vault it names, it reaches the imitation at <paramref name="port"/>, and trusts it.</summary>
    public static SecretClientOptions Options(int port)
    {
        var options = KeyVaultStore.Options();
        options.Transport = new HttpClientTransport(new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=vault" },
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        }));
        return options;
    }

    /// <summary>A new version of a secret of the operator's vault.</summary>
    public void Set(string name, string value, string? origin = null, bool enabled = true) => Set(Operators, name, value, origin, enabled);

    private static void Set(ConcurrentDictionary<string, List<Version>> secrets, string name, string value, string? origin, bool enabled = true) =>
        secrets.GetOrAdd(name, _ => []).Add(new Version(Guid.NewGuid().ToString("N"), value, origin, enabled));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var answer = context.Response;
        if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            answer.StatusCode = 401;
            answer.Headers.WWWAuthenticate = Challenge ?? "Bearer authorization=\"https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111\", resource=\"https://vault.azure.net\"";
            return;
        }

        Interlocked.Increment(ref _asked);
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Failure != 0)
        {
            answer.Headers.RetryAfter = "1";
            await RefuseAsync(answer, Failure, Failure == 429 ? "Throttled" : "Forbidden");
            return;
        }

        var (name, host) = (path[1], context.Request.Host.Host);
        Requests.Enqueue($"{context.Request.Method} {host}");
        var (isOwn, secrets) = host == OwnHost ? (true, Own) : (false, Operators);
        if (!isOwn && context.Request.Method != "GET")
        {
            await RefuseAsync(answer, 403, "Forbidden", "ForbiddenByRbac");
        }
        else if (context.Request.Method == "PUT")
        {
            if (Deleted.ContainsKey(name) || HoldsRemovedNames)
            {
                await RefuseAsync(answer, 409, "Conflict", "ObjectIsDeletedButRecoverable");
                return;
            }

            var body = (await JsonNode.ParseAsync(context.Request.Body))!;
            Set(secrets, name, (string)body["value"]!, (string?)body["tags"]?["gateway-origin"]);
            await answer.WriteAsync(Bundle(host, name, secrets[name][^1]));
        }
        else if (!secrets.TryGetValue(name, out var versions) || Deleted.ContainsKey(name)
            || (path.ElementAtOrDefault(2) is { } asked ? versions.FirstOrDefault(v => v.Id == asked) : versions[^1]) is not { } version)
        {
            await RefuseAsync(answer, 404, "SecretNotFound");
        }
        else if (context.Request.Method == "DELETE")
        {
            Deleted[name] = true;
            await answer.WriteAsync(Bundle(host, name, version));
        }
        else if (!version.Enabled)
        {
            await RefuseAsync(answer, 403, "Forbidden", "SecretDisabled");
        }
        else
        {
            await answer.WriteAsync(Bundle(host, name, version));
        }
    }

    private static Task RefuseAsync(HttpResponse answer, int status, string code, string? inner = null)
    {
        answer.StatusCode = status;
        answer.ContentType = "application/json";
        return answer.WriteAsync(new JsonObject
        {
            ["error"] = new JsonObject { ["code"] = code, ["message"] = "refused", ["innererror"] = inner is null ? null : new JsonObject { ["code"] = inner } },
        }.ToJsonString());
    }

    private static string Bundle(string host, string name, Version version) => new JsonObject
    {
        ["value"] = version.Value,
        ["id"] = $"https://{host}/secrets/{name}/{version.Id}",
        ["attributes"] = new JsonObject { ["enabled"] = version.Enabled, ["created"] = 1, ["updated"] = 1 },
        ["tags"] = version.Origin is null ? null : new JsonObject { ["gateway-origin"] = version.Origin },
    }.ToJsonString();

    internal sealed record Version(string Id, string Value, string? Origin, bool Enabled);
}

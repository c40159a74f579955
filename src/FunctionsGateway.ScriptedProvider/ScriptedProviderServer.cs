using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>
/// A provider that speaks OpenAI's, Anthropic's and MLflow serving's wire below any base path, echoes the last user's message,
/// and fails as its <see cref="Script"/> says.
/// </summary>
public sealed class ScriptedProviderServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<Script> _next = new();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private readonly ConcurrentDictionary<string, int> _played = new();
    private readonly ConcurrentDictionary<HttpContext, bool> _live = new();
    private volatile bool _isKilled;
    private int _left;
    private int _active;

    private ScriptedProviderServer(WebApplication app, TimeProvider time)
    {
        _app = app;
        _time = time;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>What it received, oldest first.</summary>
    public IReadOnlyCollection<ReceivedRequest> Requests => _requests;

    /// <summary>How many clients left before their answer was whole.</summary>
    public int ClientsLeft => Volatile.Read(ref _left);

    /// <summary>How many calls are being answered now.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Starts one; port 0 takes a free port.</summary>
    public static async Task<ScriptedProviderServer> StartAsync(string url = "http://127.0.0.1:0", TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url);
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = null;
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        var server = new ScriptedProviderServer(app, time ?? TimeProvider.System);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Has the next call, whatever its model, play <paramref name="script"/>; several calls of this method queue up.</summary>
    public void Enqueue(Script script) => _next.Enqueue(script);

    /// <summary>Has the next <paramref name="times"/> calls play <paramref name="script"/>.</summary>
    public void Enqueue(Script script, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Enqueue(script);
        }
    }

    /// <summary>Forgets requests, queued scripts and counts.</summary>
    public void Clear()
    {
        _next.Clear();
        _requests.Clear();
        _played.Clear();
        Volatile.Write(ref _left, 0);
    }

    /// <summary>Waits until Ctrl-C.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <summary>Dies as a process does that is killed: every answer under way breaks off where it is, and nobody listens any more.</summary>
    /// <returns>How many calls had begun and did not end.</returns>
    public async Task<int> KillAsync()
    {
        _isKilled = true;
        var live = _live.Keys.ToArray();
        foreach (var context in live)
        {
            context.Abort();
        }

        await _app.StopAsync(new CancellationToken(canceled: true));
        return live.Length;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _active);
        _live[context] = true;
        try
        {
            if (_isKilled)
            {
                context.Abort();
                return;
            }

            var request = await ReadAsync(context.Request);
            _requests.Enqueue(request);
            if (Dialect.Of(request.Path) is { } dialect)
            {
                var ask = new Ask(request, context.Request.Headers["X-Script"].FirstOrDefault());
                ask.Script = _next.TryDequeue(out var queued) ? queued : Remaining(ask);
                await new Performance(context, ask, dialect, _time).PlayAsync();
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                await context.Response.WriteAsync($"The scripted provider does not know {request.Path}.");
            }
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _left);
        }
        finally
        {
            _live.TryRemove(context, out _);
            Interlocked.Decrement(ref _active);
        }
    }

    private Script Remaining(Ask ask) =>
        ask.Script.Times is { } times && _played.AddOrUpdate(ask.Model, 1, (_, n) => n + 1) > times ? Script.Echo : ask.Script;

    private static async Task<ReceivedRequest> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        return new ReceivedRequest(
            request.Method,
            request.Path,
            request.QueryString.ToString(),
            request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(request.HttpContext.RequestAborted));
    }
}

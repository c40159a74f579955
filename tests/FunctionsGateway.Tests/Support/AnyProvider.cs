using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Support;

/// <summary>A request as it came over the socket.</summary>
internal sealed record Received(string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A server on loopback that answers as a test says, and remembers what it was asked.</summary>
internal sealed class AnyProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _requests = new();

    private AnyProvider(WebApplication app) => _app = app;

    /// <summary>Where it listens, without a trailing slash.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>What it received, oldest first.</summary>
    public IReadOnlyCollection<Received> Requests => _requests;

    /// <summary>Starts one.</summary>
    public static async Task<AnyProvider> StartAsync(Func<HttpContext, Received, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new AnyProvider(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var request = new Received(
                context.Features.Get<IHttpRequestFeature>()!.RawTarget,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                await reader.ReadToEndAsync());
            server._requests.Enqueue(request);
            await answer(context, request);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>Starts one that always answers <paramref name="body"/>.</summary>
    public static Task<AnyProvider> StartAsync(string contentType, byte[] body, int status = 200, params (string Name, string Value)[] headers) =>
        StartAsync(async (context, _) => await WriteAsync(context, contentType, body, status, headers));

    /// <summary>Writes an answer in small pieces, so that a reader meets events in parts.</summary>
    public static async Task WriteAsync(HttpContext context, string contentType, byte[] body, int status = 200, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        foreach (var piece in body.Chunk(50))
        {
            await context.Response.Body.WriteAsync(piece);
            await context.Response.Body.FlushAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

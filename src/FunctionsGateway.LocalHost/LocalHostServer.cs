using FunctionsGateway.App;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.LocalHost;

/// <summary>The functions of FunctionsGateway.App on Kestrel, chosen by the rule of the Functions host.</summary>
internal sealed class LocalHostServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LocalHostServer(WebApplication app)
    {
        _app = app;
        var bound = new UriBuilder(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        bound.Host = bound.Host is "0.0.0.0" or "[::]" ? "localhost" : bound.Host;
        Address = bound.Uri;
    }

    /// <summary>Where to reach it; the first address when there are several.</summary>
    public Uri Address { get; }

    /// <summary>Every address where it listens.</summary>
    public IEnumerable<string> Addresses => _app.Urls;

    /// <summary>The gateway's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts it.</summary>
    /// <param name="settings">App settings by name; sections are written with <c>__</c> or <c>:</c>. Nothing else is read.</param>
    /// <param name="urls">Where to listen; port 0 takes a free one.</param>
    /// <param name="configure">Changes services and logging before the app is built.</param>
    /// <param name="interactive">Whether Ctrl-C and SIGTERM stop it and logs go to the console.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public static async Task<LocalHostServer> StartAsync(
        IEnumerable<KeyValuePair<string, string?>> settings,
        string urls = "http://127.0.0.1:0",
        Action<WebApplicationBuilder>? configure = null,
        bool interactive = false,
        CancellationToken cancellationToken = default)
    {
        var builder = CreateBuilder(settings, urls, interactive);
        configure?.Invoke(builder);
        var app = builder.Build();
        try
        {
            app.Run(Handler(app.Services));
            await app.StartAsync(cancellationToken);
            return new LocalHostServer(app);
        }
        catch
        {
            // Else the background services take the disposal for a failure of their own, and log it with its stack.
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until Ctrl-C or SIGTERM, then stops in an orderly way.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static WebApplicationBuilder CreateBuilder(IEnumerable<KeyValuePair<string, string?>> settings, string urls, bool interactive)
    {
        var byName = settings.Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value)).ToList();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(byName).Build();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(LocalHostServer).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = configuration["AZURE_FUNCTIONS_ENVIRONMENT"] ?? configuration["ASPNETCORE_ENVIRONMENT"]
                ?? configuration["DOTNET_ENVIRONMENT"] ?? Environments.Development,
        });
        builder.Configuration.AddConfiguration(configuration);
        builder.WebHost.UseKestrelCore().UseUrls(urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        builder.WebHost.ConfigureKestrel(o => o.AddServerHeader = false);
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddFunctionsGateway(builder.Configuration);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning)
            // it would print the stack of a failed start, which Launch tells in a sentence
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        if (interactive)
        {
            builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        }
        else
        {
            builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        }

        return builder;
    }

    private static RequestDelegate Handler(IServiceProvider services)
    {
        var functions = HttpFunction.FindAll(typeof(App.Invocations).Assembly);
        var run = new Dictionary<HttpFunction, Func<HttpRequest, Task>>(
            functions.Select(f => KeyValuePair.Create(f, f.Bind(services))), ReferenceEqualityComparer.Instance);
        var router = new HostRouter(
            functions, HostJson.ReadRoutePrefix(AppContext.BaseDirectory), services.GetRequiredService<IInlineConstraintResolver>());
        return context =>
        {
            if (router.Choose(context.Request.Method, context.Request.Path) is { } function)
            {
                return run[function](context.Request);
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        };
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

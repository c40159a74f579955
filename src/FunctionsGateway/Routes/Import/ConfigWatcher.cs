using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Import;

/// <summary>Imports the configuration file at start and looks at it every two seconds (file watchers miss how a ConfigMap is swapped).</summary>
internal sealed partial class ConfigWatcher(
    ConfigImport import, IConfiguration configuration, IOptions<GatewayOptions> options, TimeProvider time, ILogger<ConfigWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(10);
    private static readonly string[] OtherNames = ["MLFLOW_GATEWAY_CONFIG", "MLFLOW_GATEWAY_CONFIG_PATH", "MLFLOW_DEPLOYMENTS_CONFIG"];

    private readonly string? _path = OtherNames.Select(name => configuration[name]).Prepend(options.Value.ConfigPath).FirstOrDefault(path => !string.IsNullOrEmpty(path));
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts; the first import is waited for, so that the first call finds its route, but not for long.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        if (_path is not null)
        {
            await Task.WhenAny(_first.Task, Task.Delay(LongestStart, time, cancellationToken));
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_path is not null && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await import.CheckAsync(_path, stoppingToken);
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(_path, fault.GetType().Name);
            }

            _first.TrySetResult();
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The configuration file {Path} could not be imported now ({Reason}); it is tried again.")]
    private partial void LogFailed(string path, string reason);
}

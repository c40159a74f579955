using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Import;

/// <summary>Brings the configuration file into the store, once for all instances: a lease says who writes, and each batch renews it or is refused.</summary>
/// <remarks>An import is idempotent: whoever takes over an expired lease runs it again from the start.</remarks>
internal sealed partial class ConfigImport(
    IRouteStore store, RouteBook book, ConfigReader reader, IOptions<GatewayOptions> options, TimeProvider time, ILogger<ConfigImport> logger)
{
    // Part of the hash: another reading of the same file is another import.
    private const string ReaderVersion = "1";
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(10);

    private readonly string _instance = GatewayIds.New();
    private readonly string _source = options.Value.ConfigSource;
    private string? _lastRead;
    private string? _unfinished;
    private string? _faults;
    private string? _missing;
    private DateTimeOffset _tryAgainAt;

    /// <summary>Why the file is not in force, or null when it is; a line a fault.</summary>
    public string? Trouble => _missing ?? _faults;

    /// <summary>Looks at the file and imports it if it has changed since this instance last looked, or if the last import was not finished.</summary>
    public async Task CheckAsync(string path, CancellationToken cancellation)
    {
        string text;
        try
        {
            text = await File.ReadAllTextAsync(path, cancellation);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            if (_missing is null)
            {
                _missing = $"{path} does not exist";
                LogInvalid(_missing);
            }

            return;
        }

        _missing = null;

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ReaderVersion}\n{text}")));
        if (hash == _lastRead && (_unfinished != hash || time.GetUtcNow() < _tryAgainAt))
        {
            return;
        }

        (_lastRead, _unfinished, _tryAgainAt) = (hash, hash, time.GetUtcNow() + BetweenTries);
        var file = reader.Read(path, text);
        foreach (var warning in file.Warnings)
        {
            LogWarning(path, warning);
        }

        if (file.Faults.Count > 0)
        {
            _unfinished = null;
            Report(string.Join('\n', file.Faults));
            return;
        }

        if (await ApplyAsync(hash, file, cancellation))
        {
            _unfinished = null;
            _faults = null;
        }
    }

    private async Task<bool> ApplyAsync(string hash, ConfigFile file, CancellationToken cancellation)
    {
        while (true)
        {
            var state = await store.FindImportAsync(_source, cancellation);
            if (state?.Applied == hash)
            {
                return true;
            }

            if (state?.Owner is not null && state.Owner != _instance && state.Until > time.GetUtcNow())
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
                continue;
            }

            var lease = new ImportState(_source, hash, Applied: null, _instance, time.GetUtcNow() + Lease, state?.ETag);
            if ((await store.CommitAsync([], lease, cancellation)).Import is not { } held)
            {
                continue;
            }

            if (await WriteAsync(held, file, cancellation) is { } isApplied)
            {
                return isApplied;
            }
        }
    }

    /// <summary>Whether the file is in force; null when a row or the lease changed hands and it must be looked at again.</summary>
    private async Task<bool?> WriteAsync(ImportState held, ConfigFile file, CancellationToken cancellation)
    {
        var stored = new List<RouteChange>();
        await foreach (var row in store.ChangesAsync(-1, cancellation))
        {
            stored.Add(row);
        }

        var plan = ConfigPlan.Of(file, _source, stored);
        if (plan.Clashes.Count > 0)
        {
            Report(string.Join('\n', plan.Clashes));
            await store.CommitAsync([], held with { Owner = null, Until = time.GetUtcNow() }, cancellation);
            return false;
        }

        foreach (var batch in plan.Batches)
        {
            var commit = await store.CommitAsync(batch, held with { Until = time.GetUtcNow() + Lease }, cancellation);
            if (commit.Import is null)
            {
                return null;
            }

            held = commit.Import;
            book.Apply(commit.Changes);
        }

        if ((await store.CommitAsync([], held with { Applied = held.Hash, Owner = null, Until = time.GetUtcNow() }, cancellation)).Import is null)
        {
            return null;
        }

        var changes = plan.Batches.Sum(batch => batch.Count);
        LogApplied(file.Entries.Count, changes);
        return true;
    }

    private void Report(string faults)
    {
        if (faults != _faults)
        {
            LogInvalid(faults);
            _faults = faults;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Invalid configuration, the routes stay as they are:\n{Faults}")]
    private partial void LogInvalid(string faults);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path}: {Warning}")]
    private partial void LogWarning(string path, string warning);

    [LoggerMessage(Level = LogLevel.Information, Message = "The configuration file is in force: {Routes} routes, {Changes} changed.")]
    private partial void LogApplied(int routes, int changes);
}

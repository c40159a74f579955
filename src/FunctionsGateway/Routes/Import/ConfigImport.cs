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

    // Between the two reads of the start.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly string _instance = GatewayIds.New();
    private readonly string _source = options.Value.ConfigSource;
    private string? _seen;
    private string? _lastRead;
    private string? _unfinished;
    private string?[]? _before;
    private string? _faults;
    private string? _missing;
    private DateTimeOffset _tryAgainAt;
    private volatile bool _isBegun;

    /// <summary>Why the file is not in force, or null when it is; a line a fault.</summary>
    public string? Trouble => _missing ?? _faults;

    /// <summary>Whether there is a file, without a fault that is known, whose import is not finished.</summary>
    public bool IsPending => _isBegun && Trouble is null && (_lastRead is null || _unfinished is not null);

    /// <summary>Looks at the file and imports it if it has changed since this instance last imported it, or if the last import was not finished.</summary>
    /// <remarks>A file may be seen half-written, so only what two looks running have found counts; the first call looks twice.</remarks>
    public async Task CheckAsync(string path, CancellationToken cancellation)
    {
        _isBegun = true;
        var text = await ReadAsync(path, cancellation);
        if (text is not null && _seen is null)
        {
            _seen = HashOf(text);
            await Task.Delay(Moment, time, cancellation);
            text = await ReadAsync(path, cancellation);
        }

        var (before, hash) = (_seen, text is null ? "" : HashOf(text));
        _seen = hash;
        if (text is null || hash != before || (hash == _lastRead && (_unfinished != hash || time.GetUtcNow() < _tryAgainAt)))
        {
            return;
        }

        _before = hash == _lastRead ? _before : null;
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

        if (await ApplyAsync(path, hash, file, cancellation))
        {
            _unfinished = null;
        }
    }

    private async Task<string?> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            var text = await File.ReadAllTextAsync(path, cancellation);
            _missing = null;
            return text;
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            if (_missing is null)
            {
                _missing = $"{path} does not exist";
                LogInvalid(_missing);
            }

            return null;
        }
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{ReaderVersion}\n{text}")));

    /// <summary>Whether there is nothing left to do: the file is in force, or another took its place.</summary>
    private async Task<bool> ApplyAsync(string path, string hash, ConfigFile file, CancellationToken cancellation)
    {
        while (true)
        {
            var state = await store.FindImportAsync(_source, cancellation);
            _before ??= [state?.Applied, state?.Hash];
            if (state?.Applied == hash)
            {
                _faults = null;
                return true;
            }

            if (state?.Applied is { } other && !_before.Contains(other))
            {
                // What came after this file was found is newer than it.
                Report("Another instance has imported another version of the file since this one was found; it stays as it is until the file changes.");
                return true;
            }

            if (state?.Owner is not null && state.Owner != _instance && state.Until > time.GetUtcNow())
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
                continue;
            }

            // Nothing is written before it is known what, so a file that cannot be had leaves no trace.
            var plan = await PlanAsync(file, cancellation);
            if (plan.Clashes.Count > 0)
            {
                Report(string.Join('\n', plan.Clashes));
                await ReleaseAsync(state, cancellation);
                return false;
            }

            if (await WriteAsync(plan, path, new ImportState(_source, hash, null, _instance, default, state?.ETag), cancellation) is { } isApplied)
            {
                if (isApplied)
                {
                    _faults = null;
                    var changes = plan.Batches.Sum(batch => batch.Count);
                    LogApplied(file.Entries.Count, changes);
                }

                return isApplied;
            }
        }
    }

    private async Task<ConfigPlan> PlanAsync(ConfigFile file, CancellationToken cancellation)
    {
        var stored = new List<RouteChange>();
        await foreach (var row in store.ChangesAsync(-1, cancellation))
        {
            stored.Add(row);
        }

        return ConfigPlan.Of(file, _source, stored);
    }

    /// <summary>Whether the file is in force; null when a row or the lease changed hands and it must be looked at again.</summary>
    private async Task<bool?> WriteAsync(ConfigPlan plan, string path, ImportState held, CancellationToken cancellation)
    {
        foreach (var batch in plan.Batches)
        {
            if (batch.Any(edit => edit.Route is null) && (await ReadAsync(path, cancellation) is not { } text || HashOf(text) != held.Hash))
            {
                // What is gone in one version may be there in the next.
                await ReleaseAsync(await store.FindImportAsync(_source, cancellation), cancellation);
                return false;
            }

            // The first batch takes the lease.
            var commit = await store.CommitAsync(batch, held with { Until = time.GetUtcNow() + Lease }, cancellation);
            if (commit.Import is null)
            {
                return null;
            }

            held = commit.Import;
            book.Apply(commit.Changes);
        }

        var done = held with { Applied = held.Hash, Owner = null, Until = time.GetUtcNow() };
        return (await store.CommitAsync([], done, cancellation)).Import is null ? null : true;
    }

    private async Task ReleaseAsync(ImportState? state, CancellationToken cancellation)
    {
        if (state?.Owner == _instance)
        {
            await store.CommitAsync([], state with { Owner = null, Until = time.GetUtcNow() }, cancellation);
        }
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

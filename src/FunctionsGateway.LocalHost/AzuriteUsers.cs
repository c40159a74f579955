using System.Diagnostics;
using System.Globalization;

namespace FunctionsGateway.LocalHost;

/// <summary>
/// The LocalHosts that share the Azurite of one port. Each holds a shared lock on a file, which the system lifts also
/// when it crashes; whoever leaves and gets the file alone is the last, and stops the Azurite that one of them started.
/// </summary>
internal sealed class AzuriteUsers : IAsyncDisposable
{
    // Its own session, so that Ctrl+C at the terminal of the LocalHost that started it does not end it for the others.
    private const string Detach =
        "const [log,...args]=process.argv.slice(1),out=require('fs').openSync(log,'a'),"
        + "child=require('child_process').spawn(process.execPath,args,{detached:true,windowsHide:true,stdio:['ignore',out,out]});"
        + "child.unref();console.log(child.pid)";

    private readonly string _file;
    private readonly FileStream _membership;

    private AzuriteUsers(string file, FileStream membership) => (_file, _membership) = (file, membership);

    /// <summary>The Azurite that one of the users started, <see langword="null"/> if none of them did.</summary>
    public int? ProcessId => Running()?.Id;

    private string Started => _file + ".pid";

    /// <summary>Becomes a user; waits while the last one is just stopping Azurite.</summary>
    /// <param name="port">The shared Azurite's port.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<AzuriteUsers> JoinAsync(int port, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), $"functions-gateway-azurite-{Environment.UserName}-{port}");
        File.Open(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        return new(file, await OpenAsync(file, FileAccess.Read, FileShare.Read, cancellationToken));
    }

    /// <summary>Starts Azurite, unless another user does just now; waits until it answers or has ended.</summary>
    /// <param name="answers">Whether something answers on the port.</param>
    /// <param name="options">Which Azurite is wanted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AzuriteUnavailableException">Node.js or Azurite is missing.</exception>
    public async Task StartAsync(Func<Task<bool>> answers, AzuriteOptions options, CancellationToken cancellationToken)
    {
        await using var turn = await OpenAsync(_file + ".start", FileAccess.ReadWrite, FileShare.None, cancellationToken);
        if (await answers())
        {
            return;
        }

        await EndAsync(options.Patience, cancellationToken);
        var folder = options.DataFolder is null ? Path.GetTempPath() : Directory.CreateDirectory(options.DataFolder).FullName;
        using var launcher = AzuriteProgram.StartNode(
            ["-e", Detach, Path.Combine(folder, "azurite.log"), .. AzuriteProgram.Arguments(options.Port, options.DataFolder is null ? null : folder)]);
        var id = await launcher.StandardOutput.ReadLineAsync(cancellationToken);
        using var process = Process.GetProcessById(int.Parse(id ?? "", CultureInfo.InvariantCulture));
        await File.WriteAllTextAsync(Started, $"{process.Id} {Age(process)}", cancellationToken);
        var since = TimeProvider.System.GetTimestamp();
        while (!process.HasExited && TimeProvider.System.GetElapsedTime(since) < options.Patience && !await answers())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>
    /// Leaves. The last user tells the Azurite that one of them started to end; it takes no more calls, writes what it holds
    /// and is gone some seconds later, for which only the next start waits.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _membership.DisposeAsync();
        try
        {
            await using var alone = new FileStream(_file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            using var azurite = Running();
            if (azurite is not null)
            {
                using var signal = AzuriteProgram.StartNode("-e", $"process.kill({azurite.Id}, 'SIGINT')");
                await signal.WaitForExitAsync();
            }
        }
        catch (IOException)
        {
            // Another user is left.
        }
    }

    // A process that is gone but that no one has reaped, as in a container without init, is not waited for forever.
    private async Task EndAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var former = Running();
        if (former is not null)
        {
            await Task.WhenAny(former.WaitForExitAsync(cancellationToken), Task.Delay(patience, TimeProvider.System, cancellationToken));
        }
    }

    private static async Task<FileStream> OpenAsync(string file, FileAccess access, FileShare share, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, access, share);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }

    private static long Age(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();

    private Process? Running()
    {
        if (!File.Exists(Started) || File.ReadAllText(Started).Split(' ') is not [var id, var age])
        {
            return null;
        }

        try
        {
            // Process ids come again; the start tells whether it is still ours.
            var process = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
            return Math.Abs(Age(process) - long.Parse(age, CultureInfo.InvariantCulture)) <= 2 ? process : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

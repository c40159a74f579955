using System.Diagnostics;
using System.Text;

namespace FunctionsGateway.LocalHost;

/// <summary>An Azurite of our own: a child that ends when we do, even if we crash.</summary>
internal sealed class AzuriteProcess : IAsyncDisposable
{
    // Our end of its standard input closes with us.
    private const string EndWithParent =
        "data:text/javascript,process.stdin.on('end',()=>{process.emit('SIGINT');setTimeout(process.exit,200).unref()}).resume().unref()";

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private AzuriteProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Remember(line.Data);
        process.ErrorDataReceived += (_, line) => Remember(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it said so far, on one line.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts one; it does not answer yet.</summary>
    /// <param name="port">Its port on 127.0.0.1.</param>
    /// <param name="dataFolder">Where tables are kept; <see langword="null"/> keeps them in memory.</param>
    /// <exception cref="AzuriteUnavailableException">Node.js or Azurite is missing.</exception>
    public static AzuriteProcess Start(int port, string? dataFolder) =>
        new(AzuriteProgram.StartNode(["--import", EndWithParent, .. AzuriteProgram.Arguments(port, dataFolder)]));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Remember(string? line)
    {
        lock (_output)
        {
            _output.Append(line).Append(' ');
        }
    }
}

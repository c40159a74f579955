using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace FunctionsGateway.LocalHost;

/// <summary>Azurite's program in node_modules, found from where we run or from the current directory upwards.</summary>
internal static class AzuriteProgram
{
    private const string Main = "node_modules/azurite/dist/src/table/main.js";

    /// <summary>The folder that has node_modules: the repository's root in a clone.</summary>
    /// <exception cref="AzuriteUnavailableException">There is none.</exception>
    public static string Root { get => field ??= FindRoot(); }

    /// <summary>A Node.js process with redirected streams, started.</summary>
    /// <param name="arguments">Node.js's arguments.</param>
    /// <exception cref="AzuriteUnavailableException">There is no Node.js.</exception>
    public static Process StartNode(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("node", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            WorkingDirectory = Root,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new AzuriteUnavailableException("Azurite needs Node.js, and there is no node on the PATH.", fault);
        }
    }

    /// <summary>Azurite's program and arguments.</summary>
    /// <param name="port">Its port on 127.0.0.1.</param>
    /// <param name="dataFolder">Where tables are kept; <see langword="null"/> keeps them in memory.</param>
    public static string[] Arguments(int port, string? dataFolder) =>
    [
        Path.Combine(Root, Main), "--tableHost", "127.0.0.1", "--tablePort", port.ToString(CultureInfo.InvariantCulture),
        "--silent", "--disableTelemetry", "--skipApiVersionCheck",
        .. dataFolder is null ? (string[])["--inMemoryPersistence"] : ["--location", dataFolder],
    ];

    private static string FindRoot()
    {
        foreach (var start in (string[])[AppContext.BaseDirectory, Environment.CurrentDirectory])
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, Main)))
                {
                    return folder.FullName;
                }
            }
        }

        throw new AzuriteUnavailableException("Azurite is not installed; `npm ci` at the root of the repository installs it.");
    }
}

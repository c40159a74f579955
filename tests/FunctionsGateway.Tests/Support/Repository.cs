using System.Diagnostics;
using System.Text;

namespace FunctionsGateway.Tests.Support;

/// <summary>The files that the tests hold against the code, and the programs that read them.</summary>
internal static class Repository
{
    /// <summary>Where the solution is.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Whether files that are made from the code are to be written anew instead of compared.</summary>
    public static bool IsUpdating => Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1";

    /// <summary>A path below the root.</summary>
    public static string PathOf(string path) => Path.Combine(Root, path);

    /// <summary>The text of a file.</summary>
    public static string Read(string path) => File.ReadAllText(PathOf(path)).ReplaceLineEndings("\n");

    /// <summary>Holds a file against what the code makes of it; with UPDATE_SNAPSHOTS=1 writes it.</summary>
    public static void HoldsOrUpdates(string path, string made)
    {
        if (IsUpdating)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
            File.WriteAllText(PathOf(path), made);
        }

        var kept = File.Exists(PathOf(path)) ? Read(path) : "";
        if (kept == made)
        {
            return;
        }

        var (old, now) = (kept.Split('\n'), made.Split('\n'));
        var first = Enumerable.Range(0, Math.Max(old.Length, now.Length)).First(i => i >= old.Length || i >= now.Length || old[i] != now[i]);
        Assert.Fail($"{path} is not what the code makes now (first at line {first + 1}: '{now.ElementAtOrDefault(first)}' instead of '{old.ElementAtOrDefault(first)}'). "
            + "If the change is meant: UPDATE_SNAPSHOTS=1 dotnet test tests/FunctionsGateway.Tests, read the difference, commit it.");
    }

    /// <summary>Runs a script with Node.js from the tests' folder, where the packages of the lock file are found.</summary>
    public static string Node(string script, string input) => Run("node", [Path.Combine("tests/FunctionsGateway.Tests", script)], input).Output;

    /// <summary>Runs a program at the root, or in a folder; fails when it does, unless <paramref name="mayFail"/>.</summary>
    public static (int Status, string Output, string Errors) Run(
        string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string?>? environment = null, bool mayFail = false, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(mayFail || process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result}");
        return (process.ExitCode, output.Result, errors.Result);
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "FunctionsGateway.sln")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}

using FunctionsGateway.Errors;

namespace FunctionsGateway.Secrets;

/// <summary>Keys in files, for the operator's configuration file only: under <c>Gateway__Secrets__FileRoot</c>, which neither <c>..</c> nor a link leaves.</summary>
/// <param name="root">The root; null or empty when there is none.</param>
internal sealed class KeyFiles(string? root)
{
    // As much as a vault takes.
    private const int Longest = 25 * 1024;

    private readonly string? _root = string.IsNullOrEmpty(root) ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>The path counted from the root, when <paramref name="written"/> (absolute, or counted from the root) is a file under it; else null.</summary>
    public string? Find(string written) =>
        _root is not null && !written.Contains('\0') && Under(_root, Path.GetFullPath(written, _root)) is { } path && File.Exists(Path.Combine(_root, path)) ? path : null;

    /// <summary>The key in a file.</summary>
    /// <exception cref="GatewayException">503: there is none, or it lies elsewhere.</exception>
    public async Task<Secret> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            if (_root is null || Find(path) is not { } found || Real(Path.Combine(_root, found)) is not { } file || Under(Real(_root)!, file) is null)
            {
                throw Refused();
            }

            await using var stream = File.OpenRead(file);
            var bytes = new byte[Longest + 1];
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            var key = System.Text.Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\r', '\n');
            return length <= Longest && key.Length > 0 ? new Secret(key) : throw Refused();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Refused();
        }
    }

    private static string? Under(string root, string path) =>
        path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? path[(root.Length + 1)..] : null;

    // Every step may be a link: mounted secrets are links to a folder of the same mount.
    private static string? Real(string path, int depth = 0)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var step in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, step);
            FileSystemInfo at = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            if (at.LinkTarget is not null)
            {
                real = depth < 40 && at.ResolveLinkTarget(returnFinalTarget: false) is { } target ? Real(target.FullName, depth + 1) : null;
                if (real is null)
                {
                    return null;
                }
            }
        }

        return real;
    }

    private static GatewayException Refused() => new(503, "The route's key file cannot be read: it must be a file of at most 25 KiB under Gateway__Secrets__FileRoot.") { Code = "key_file" };
}

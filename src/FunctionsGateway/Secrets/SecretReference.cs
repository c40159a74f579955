using System.Text.RegularExpressions;

namespace FunctionsGateway.Secrets;

/// <summary>What a route stores in the place of a key.</summary>
internal abstract partial record SecretReference
{
    private const string FilePrefix = "file:";
    private const string VaultPrefix = "keyvault:";

    private SecretReference()
    {
    }

    /// <summary><c>$NAME</c>: the operator's vault's secret of that name (<c>_</c> written <c>-</c>), else the app setting.</summary>
    internal sealed record Setting(string Name) : SecretReference
    {
        /// <summary>The name as a vault can have it; null when none can.</summary>
        public string? VaultName => Name.Replace('_', '-') is var name && VaultNames().IsMatch(name) ? name : null;
    }

    /// <summary><c>keyvault:name[/version]</c> or <c>https://{vault}/secrets/{name}[/{version}]</c>.</summary>
    /// <param name="Vault">The vault's address; null when the name tells it.</param>
    /// <param name="Name">The secret.</param>
    /// <param name="Version">The version; null for the newest.</param>
    internal sealed record Vaulted(Uri? Vault, string Name, string? Version) : SecretReference;

    /// <summary><c>file:path</c>, the path counted from <c>Gateway__Secrets__FileRoot</c>; only the operator's configuration file may say it.</summary>
    internal sealed record KeyFile(string Path) : SecretReference;

    /// <summary>The reference that <paramref name="text"/> is; null for a literal, or for one of these forms gone wrong.</summary>
    public static SecretReference? Parse(string text)
    {
        if (text.StartsWith('$'))
        {
            return new Setting(text[1..]);
        }

        if (text.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            return new KeyFile(text[FilePrefix.Length..]);
        }

        if (text.StartsWith(VaultPrefix, StringComparison.Ordinal))
        {
            return InVault(null, text[VaultPrefix.Length..]);
        }

        return IsAddress(text) && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { UserInfo: "", Query: "", Fragment: "" }
            && uri.AbsolutePath.StartsWith("/secrets/", StringComparison.Ordinal)
            ? InVault(new Uri(uri.GetLeftPart(UriPartial.Authority)), uri.AbsolutePath["/secrets/".Length..])
            : null;
    }

    /// <summary>Whether <paramref name="text"/> was meant as a reference, right or wrong, and so is no literal key.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith('$') || text.StartsWith(FilePrefix, StringComparison.Ordinal) || text.StartsWith(VaultPrefix, StringComparison.Ordinal) || IsAddress(text);

    /// <summary>The reference to the newest version of a secret that the gateway wrote.</summary>
    public static string ToOwn(string name) => VaultPrefix + name;

    /// <summary>The reference to a file under the root.</summary>
    public static string ToFile(string path) => FilePrefix + path;

    private static bool IsAddress(string text) => text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static Vaulted? InVault(Uri? vault, string path)
    {
        var parts = path.Split('/');
        return parts.Length is 1 or 2 && VaultNames().IsMatch(parts[0]) && (parts.Length == 1 || Versions().IsMatch(parts[1]))
            ? new Vaulted(vault, parts[0], parts.ElementAtOrDefault(1))
            : null;
    }

    [GeneratedRegex(@"^[0-9A-Za-z-]{1,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex VaultNames();

    [GeneratedRegex(@"^[0-9a-f]{32}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Versions();
}

using System.IO.Enumeration;

namespace FunctionsGateway.Secrets;

/// <summary>Which names may be read as keys: <c>Gateway__Secrets__Names</c>, comma-separated patterns in which <c>*</c> matches any characters.</summary>
internal sealed class SecretNames(string patterns)
{
    private readonly string[] _patterns = patterns.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whether <paramref name="name"/> may be read; letter case does not matter, <c>-</c> reads as <c>_</c>.</summary>
    public bool Allow(string name)
    {
        var normal = name.Replace('-', '_');
        return normal.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            && Array.Exists(_patterns, pattern => FileSystemName.MatchesSimpleExpression(pattern, normal, ignoreCase: true));
    }
}

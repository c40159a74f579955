using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FunctionsGateway;

/// <summary>Reads the settings under <c>Gateway</c>; a value that is of the wrong kind, or a name that is none, stops the start with a sentence.</summary>
internal static partial class SettingsBinding
{
    /// <summary>Fills <paramref name="options"/> from <paramref name="section"/>.</summary>
    /// <exception cref="OptionsValidationException">A setting cannot be read; its failure names the setting, quotes the value and says the remedy.</exception>
    public static void Bind(IConfiguration section, GatewayOptions options)
    {
        try
        {
            section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException failure)
        {
            throw new OptionsValidationException(nameof(GatewayOptions), typeof(GatewayOptions), [Sentence(failure.Message)]);
        }
    }

    private static string Sentence(string message)
    {
        if (WrongKind().Match(message) is { Success: true } wrong)
        {
            var (value, path, type) = (wrong.Groups[1].Value, wrong.Groups[2].Value, wrong.Groups[3].Value);
            return $"{path.Replace(":", "__", StringComparison.Ordinal)} is '{value}': set {Wanted(type)}.";
        }

        var names = string.Join(", ", Quoted().Matches(message[(message.LastIndexOf(':') + 1)..]).Select(match => match.Value));
        return $"{names} under Gateway__ is no setting of this version: correct the name (docs/configuration.md lists them all), or remove it.";
    }

    private static string Wanted(string type) => type switch
    {
        "System.Int32" or "System.Int64" => "a whole number",
        "System.Boolean" => "true or false",
        "System.TimeSpan" => "a time as hh:mm:ss",
        _ when type.EndsWith(nameof(StorageFailureRule), StringComparison.Ordinal) => string.Join(" or ", Enum.GetNames<StorageFailureRule>()),
        _ => $"a value of the kind {type}",
    };

    [GeneratedRegex("'([^']*)' at '([^']*)' to type '([^']*)'")]
    private static partial Regex WrongKind();

    [GeneratedRegex("'[^']*'")]
    private static partial Regex Quoted();
}

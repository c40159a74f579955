using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Routes.Validation;

/// <summary>What may stand in a secret field: <c>$NAME</c> of an allowed name, or a literal where that is allowed. Never a path.</summary>
/// <param name="options">The settings.</param>
/// <param name="environment">The app setting of a name, or null.</param>
internal sealed class SecretRule(IOptions<GatewayOptions> options, Func<string, string?> environment)
{
    /// <summary>The kind of the fault that a literal key is; alone it is answered 400.</summary>
    public const string LiteralRefused = "secret_literal";

    private readonly SecretSettings _settings = options.Value.Secrets;
    private readonly Regex _names = new(
        "^(?:" + string.Join('|', Names(options.Value.Secrets.Names).Select(glob => Regex.Escape(glob).Replace("\\*", ".*", StringComparison.Ordinal))) + ")$",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Notes what is wrong with the secret in <paramref name="field"/>.</summary>
    /// <param name="config">The object that holds the field.</param>
    /// <param name="field">The field.</param>
    /// <param name="isFromFile">Whether the operator's file says it, which MLflow lets name a file instead of a key.</param>
    public void Check(Fields config, string field, bool isFromFile)
    {
        if (config.Json[field]?.GetValue<string>() is not { } value)
        {
            return;
        }

        if (value.Length == 0 || value.Any(char.IsControl))
        {
            config.Fault(field, "value_error", "A key cannot be empty or hold control characters.");
        }
        else if (value[0] == '$')
        {
            CheckName(config, field, value[1..]);
        }
        else if (isFromFile && File.Exists(value))
        {
            config.Fault(field, "value_error", "The key is the path of a file, and keys are not read from files. Put the key into an app setting and write its name, e.g. '$OPENAI_API_KEY'.");
        }
        else if (!_settings.AllowInline)
        {
            config.Fault(
                field,
                LiteralRefused,
                $"'{field}' holds a literal key, which is not stored. Put the key into an app setting and send its name, e.g. '$OPENAI_API_KEY'; "
                + "in development Gateway__Secrets__AllowInline=true allows literals.");
        }
    }

    private void CheckName(Fields config, string field, string name)
    {
        // What follows the dollar is quoted only once it is known to be a permitted name: it may be a key with a slip of the pen.
        if (!_names.IsMatch(name))
        {
            config.Fault(field, "value_error", $"The app setting that '{field}' names may not serve as a key: Gateway__Secrets__Names allows {_settings.Names}.");
        }
        else if (string.IsNullOrEmpty(environment(name)))
        {
            config.Fault(field, "value_error", $"Environment variable '{name}' is not set");
        }
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>One field of a provider's configuration.</summary>
/// <param name="Name">The key in <c>model.config</c>, MLflow's own where it has one, e.g. <c>openai_api_key</c>.</param>
/// <param name="Meaning">What the field means, for the documentation; one sentence.</param>
public sealed record ConfigField(string Name, string Meaning)
{
    /// <summary>Whether a configuration without the field is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether a configuration needs the field, where that depends on its other fields; beside <see cref="IsRequired"/>.</summary>
    public Func<JsonObject, bool>? IsRequiredFor { get; init; }

    /// <summary>Other names of the field: those of the third generation's secrets and <c>auth_config</c> (<c>api_key</c>, <c>api_base</c>),
    /// see <see cref="ConfigSchema.Canonical"/>.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether the value is a key: stored as a reference only, never returned.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether the value is the base address of the provider (checked by the egress rule; a change without the key is refused).</summary>
    public bool IsBaseAddress { get; init; }

    /// <summary>What holds when the field is absent; null when nothing does.</summary>
    public string? Default { get; init; }

    /// <summary>App settings whose value holds when the field is absent, before <see cref="Default"/>, e.g. <c>AWS_REGION</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Whether the value becomes part of a host's name, so that nothing but letters, digits and hyphens may stand in it.</summary>
    public bool IsHostLabel { get; init; }

    /// <summary>Whether the value is a whole number.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether the value may be a list of texts, beside one text that holds them with commas between.</summary>
    public bool IsList { get; init; }

    /// <summary>The values allowed, compared without regard to case; null when any text is.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Whether the value is an object (only <c>aws_config</c>); its own members are described by <see cref="Members"/>.</summary>
    public IReadOnlyList<ConfigField>? Members { get; init; }
}

/// <summary>A fault in a configuration.</summary>
/// <param name="Field">The field at fault; null when the fault lies between fields.</param>
/// <param name="Message">A sentence, MLflow's own where it has one.</param>
public sealed record ConfigFault(string? Field, string Message);

/// <summary>The configuration of a provider, declared once and used four times: validation, which fields are secrets, what is hidden on read, documentation.</summary>
/// <param name="fields">The fields; others are ignored, as MLflow does.</param>
/// <param name="rules">Rules between fields: a sentence when the configuration breaks it, else null.</param>
public sealed class ConfigSchema(IReadOnlyList<ConfigField> fields, params Func<JsonObject, string?>[] rules)
{
    /// <summary>The fields, in documentation order.</summary>
    public IReadOnlyList<ConfigField> Fields { get; } = fields;

    /// <summary>Gives every field that is written under an alias its own name, in place; a field present under both keeps its own.
    /// What belongs into an object may stand beside it: the third generation has no objects.</summary>
    public JsonObject Canonical(JsonObject config)
    {
        foreach (var field in Fields)
        {
            foreach (var alias in field.Aliases)
            {
                config.Rename(alias, field.Name);
            }

            foreach (var member in field.Members ?? [])
            {
                foreach (var name in member.Aliases.Prepend(member.Name))
                {
                    if (config.Take(name) is { } value)
                    {
                        config.Within(field.Name).TryAdd(member.Name, value);
                    }
                }
            }
        }

        return config;
    }

    /// <summary>What of <paramref name="text"/> may stand in a host's name: a stored value is not trusted to have been validated.</summary>
    internal static string HostLabel(string text) => string.Concat(text.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'));

    /// <summary>All faults of <paramref name="config"/>, in field order, rules last; empty when it is good.</summary>
    public IReadOnlyList<ConfigFault> Validate(JsonObject config)
    {
        var faults = new List<ConfigFault>();
        foreach (var field in Fields)
        {
            if (Fault(field, config) is { } message)
            {
                faults.Add(new ConfigFault(field.Name, message));
            }
        }

        if (faults.Count == 0)
        {
            faults.AddRange(rules.Select(rule => rule(config)).OfType<string>().Select(message => new ConfigFault(null, message)));
        }

        return faults;
    }

    private static string? Fault(ConfigField field, JsonObject config)
    {
        var value = config[field.Name];
        if (value is null)
        {
            return field.IsRequired || field.IsRequiredFor?.Invoke(config) == true ? "Field required" : null;
        }

        if (field.Members is not null)
        {
            return value is not JsonObject members ? "Input should be a valid dictionary"
                : field.Members.Select(member => Fault(member, members) is { } fault ? $"'{member.Name}': {fault}" : null).FirstOrDefault(fault => fault is not null);
        }

        if (field.IsList && value is JsonArray list)
        {
            return list.All(item => item.Text() is not null) ? null : "Input should be a list of strings";
        }

        if (field.IsNumber)
        {
            return ProviderCall.Number(value) is null ? "Input should be a valid integer" : null;
        }

        if (value is not JsonValue json || !json.TryGetValue(out string? text))
        {
            return field.IsSecret
                ? "The api key provided is not a string. Please provide either an environment variable key, a path to a file containing the api key, or the api key itself"
                : "Input should be a valid string";
        }

        if (field.IsHostLabel && !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            return $"Input should hold letters, digits and hyphens only; found '{text}'";
        }

        return field.Values is { } allowed && !allowed.Contains(text, StringComparer.OrdinalIgnoreCase)
            ? $"Input should be one of {string.Join(", ", allowed.Select(v => $"'{v}'"))}; found '{text}'"
            : null;
    }
}

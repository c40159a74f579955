using System.Text.Json.Nodes;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Routes.Validation;

/// <summary>The secret fields of a provider's configuration, nested ones included.</summary>
internal static class ProviderSecrets
{
    /// <summary>Whether the configuration holds a secret.</summary>
    public static bool HasAny(IReadOnlyList<ConfigField> fields, JsonObject config) => fields.Any(field =>
        field.IsSecret ? config[field.Name] is not null
        : field.Members is { } members && config[field.Name] is JsonObject inner && HasAny(members, inner));

    /// <summary>Every secret as the configuration holds it.</summary>
    public static IEnumerable<string> All(IReadOnlyList<ConfigField> fields, JsonObject config) => Places(fields, config).Select(place => place.Value);

    /// <summary>Where every secret stands.</summary>
    public static IEnumerable<(JsonObject Holder, string Field, string Value)> Places(IReadOnlyList<ConfigField> fields, JsonObject config)
    {
        foreach (var field in fields)
        {
            if (field.IsSecret && config[field.Name] is JsonValue value && value.TryGetValue(out string? text))
            {
                yield return (config, field.Name, text);
            }
            else if (field.Members is { } members && config[field.Name] is JsonObject inner)
            {
                foreach (var place in Places(members, inner))
                {
                    yield return place;
                }
            }
        }
    }

    /// <summary>A copy that holds the provider's own fields only, so that nothing unknown, a key perhaps, is ever stored.</summary>
    public static JsonObject Known(IReadOnlyList<ConfigField> fields, JsonObject config)
    {
        var known = new JsonObject();
        foreach (var field in fields)
        {
            if (config[field.Name] is { } value)
            {
                known[field.Name] = field.Members is { } members && value is JsonObject inner ? Known(members, inner) : value.DeepClone();
            }
        }

        return known;
    }

    /// <summary>A copy without the secrets.</summary>
    public static JsonObject Without(IReadOnlyList<ConfigField> fields, JsonObject config)
    {
        var open = Known(fields, config);
        foreach (var field in fields)
        {
            if (field.IsSecret)
            {
                open.Remove(field.Name);
            }
            else if (field.Members is { } members && open[field.Name] is JsonObject inner)
            {
                open[field.Name] = Without(members, inner);
            }
        }

        return open;
    }

    /// <summary>Fills the secrets that <paramref name="config"/> lacks from <paramref name="stored"/>; the names of those filled.</summary>
    public static IReadOnlyList<string> Keep(IReadOnlyList<ConfigField> fields, JsonObject config, JsonObject stored)
    {
        var kept = new List<string>();
        foreach (var field in fields)
        {
            if (field.IsSecret && config[field.Name] is null && stored[field.Name] is { } secret)
            {
                config[field.Name] = secret.DeepClone();
                kept.Add(field.Name);
            }
            else if (field.Members is { } members && config[field.Name] is JsonObject inner && stored[field.Name] is JsonObject storedInner)
            {
                kept.AddRange(Keep(members, inner, storedInner));
            }
        }

        return kept;
    }
}

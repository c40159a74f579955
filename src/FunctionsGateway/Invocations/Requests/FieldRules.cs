using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>What one field of a request may hold, with pydantic's words for what it may not (spec/mlflow-gen12.md §6.2).</summary>
/// <remarks>Numbers and booleans are read laxly, as pydantic does: a text that spells one is taken for it, and noted in <see cref="Coerced"/>.</remarks>
internal sealed class FieldRules(JsonElement body)
{
    private const int LongestInputShown = 2048;

    /// <summary>All faults, in the order of the rules.</summary>
    public List<Fault> Faults { get; } = [];

    /// <summary>Top-level members whose value reads differently from how it was written.</summary>
    public Dictionary<string, JsonNode?>? Coerced { get; private set; }

    /// <summary>The member, unless it is absent or null.</summary>
    public JsonElement? Given(string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Notes a fault at <paramref name="location"/> (below <c>body</c>).</summary>
    public void Add(string type, string message, JsonElement? input, JsonObject? context, params object[] location) =>
        Faults.Add(new Fault(type, ["body", .. location], message, Shown(input), context));

    /// <summary>Notes that a required member is missing.</summary>
    public void Missing(string name) => Add("missing", "Field required", body, null, name);

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public void Number(string name, double least, double most)
    {
        if (Given(name) is not { } value)
        {
            return;
        }

        double number;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                number = value.GetDouble();
                break;
            case JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number):
                Coerce(name, number);
                break;
            case JsonValueKind.String:
                Add("float_parsing", "Input should be a valid number, unable to parse string as a number", value, null, name);
                return;
            default:
                Add("float_type", "Input should be a valid number", value, null, name);
                return;
        }

        Range(name, value, number, least, most, isWhole: false);
    }

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public void Whole(string name, long least, long most = long.MaxValue)
    {
        if (Given(name) is not { } value)
        {
            return;
        }

        long number;
        switch (value.ValueKind)
        {
            case JsonValueKind.Number when value.TryGetInt64(out number):
                break;
            case JsonValueKind.Number when value.GetDouble() is var wide && Math.Floor(wide) == wide && Math.Abs(wide) < long.MaxValue:
                number = (long)wide;
                Coerce(name, number);
                break;
            case JsonValueKind.Number:
                Add("int_from_float", "Input should be a valid integer, got a number with a fractional part", value, null, name);
                return;
            case JsonValueKind.String when long.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number):
                Coerce(name, number);
                break;
            case JsonValueKind.String:
                Add("int_parsing", "Input should be a valid integer, unable to parse string as an integer", value, null, name);
                return;
            default:
                Add("int_type", "Input should be a valid integer", value, null, name);
                return;
        }

        Range(name, value, number, least, most, isWhole: true);
    }

    /// <summary>True or false; false when absent or at fault.</summary>
    public bool Flag(string name)
    {
        if (Given(name) is not { } value)
        {
            return false;
        }

        bool? flag = value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when value.TryGetInt32(out var number) && number is 0 or 1 => value.GetInt32() == 1,
            JsonValueKind.String => value.GetString()!.ToLowerInvariant() switch
            {
                "true" or "1" or "yes" or "on" or "y" or "t" => true,
                "false" or "0" or "no" or "off" or "n" or "f" => false,
                _ => null,
            },
            _ => null,
        };
        if (flag is null)
        {
            Add(
                value.ValueKind == JsonValueKind.String ? "bool_parsing" : "bool_type",
                value.ValueKind == JsonValueKind.String ? "Input should be a valid boolean, unable to interpret input" : "Input should be a valid boolean",
                value, null, name);
        }
        else if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Coerce(name, flag.Value);
        }

        return flag ?? false;
    }

    /// <summary>A text.</summary>
    public void Text(string name, bool isRequired = false)
    {
        if (!body.TryGetProperty(name, out var value))
        {
            if (isRequired)
            {
                Missing(name);
            }
        }
        else if (value.ValueKind != JsonValueKind.String && (isRequired || value.ValueKind != JsonValueKind.Null))
        {
            Add("string_type", "Input should be a valid string", value, null, name);
        }
    }

    /// <summary>An object.</summary>
    public void Object(string name)
    {
        if (Given(name) is { ValueKind: not JsonValueKind.Object } value)
        {
            Add("dict_type", "Input should be a valid dictionary", value, null, name);
        }
    }

    /// <summary>An array; null when it is absent or at fault.</summary>
    public JsonElement? Array(string name, int least)
    {
        if (Given(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Add("list_type", "Input should be a valid list", value, null, name);
            return null;
        }

        if (value.GetArrayLength() < least)
        {
            Add("too_short", "List should have at least 1 item after validation, not 0", value,
                new JsonObject { ["field_type"] = "List", ["min_length"] = 1, ["actual_length"] = 0 }, name);
            return null;
        }

        return value;
    }

    private void Coerce(string name, JsonNode? value) => (Coerced ??= [])[name] = value;

    private void Range(string name, JsonElement value, double number, double least, double most, bool isWhole)
    {
        // A bound on a number is written as one: 2.0.
        JsonNode Bound(double bound) => isWhole ? JsonValue.Create((long)bound) : JsonNode.Parse(bound.ToString("0.0##", CultureInfo.InvariantCulture))!;
        if (number < least)
        {
            Add("greater_than_equal", string.Create(CultureInfo.InvariantCulture, $"Input should be greater than or equal to {least}"), value, new JsonObject { ["ge"] = Bound(least) }, name);
        }
        else if (number > most)
        {
            Add("less_than_equal", string.Create(CultureInfo.InvariantCulture, $"Input should be less than or equal to {most}"), value, new JsonObject { ["le"] = Bound(most) }, name);
        }
    }

    // A fault shows the value, but never sends a large body back.
    private static JsonNode? Shown(JsonElement? input) => input is { } value && value.GetRawText().Length <= LongestInputShown
        ? JsonNode.Parse(value.GetRawText())
        : null;
}

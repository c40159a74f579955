using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Routes.Validation;

/// <summary>The members of an object in a request or file, read as pydantic reads them; what is wrong goes to the shared list of faults.</summary>
/// <remarks>Faults never quote values: any of them may be a key that stands in the wrong place.</remarks>
internal sealed class Fields(JsonObject json, IReadOnlyList<object> location, List<Fault> faults)
{
    /// <summary>The object.</summary>
    public JsonObject Json => json;

    /// <summary>Where the object stands.</summary>
    public IReadOnlyList<object> Location => location;

    /// <summary>Whether the member is there, even as null.</summary>
    public bool Has(string name) => json.ContainsKey(name);

    /// <summary>Notes a fault of a member, or of the object itself when <paramref name="name"/> is null.</summary>
    public void Fault(string? name, string type, string message, JsonObject? context = null) =>
        faults.Add(new Fault(type, name is null ? location : [.. location, name], message, Context: context));

    /// <summary>A text, or null when it is absent or wrong.</summary>
    public string? Text(string name, bool isRequired = false)
    {
        if (IsAbsent(name, isRequired))
        {
            return null;
        }

        if (json[name] is JsonValue value && value.TryGetValue(out string? text))
        {
            return text;
        }

        Fault(name, "string_type", "Input should be a valid string");
        return null;
    }

    /// <summary>A whole number (5, 5.0 or "5"), or null when it is absent or wrong.</summary>
    public long? Integer(string name, bool isRequired = false, long? least = null)
    {
        if (IsAbsent(name, isRequired))
        {
            return null;
        }

        if (json[name] is not JsonValue value || AsInteger(value) is not { } number)
        {
            Fault(name, "int_type", "Input should be a valid integer");
            return null;
        }

        if (number < least)
        {
            Fault(name, "greater_than_equal", $"Input should be greater than or equal to {least}", new JsonObject { ["ge"] = least });
            return null;
        }

        return number;
    }

    /// <summary>Whether it is so, or null when that is absent or wrong.</summary>
    public bool? Flag(string name)
    {
        if (IsAbsent(name, isRequired: false))
        {
            return null;
        }

        if (json[name]!.GetValueKind() is var kind and (JsonValueKind.True or JsonValueKind.False))
        {
            return kind == JsonValueKind.True;
        }

        Fault(name, "bool_type", "Input should be a valid boolean");
        return null;
    }

    /// <summary>A duration above zero, written <c>hh:mm:ss</c>; null when it is absent or wrong.</summary>
    public TimeSpan? Duration(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        Fault(name, "time_delta_parsing", "Input should be a duration above zero, written hh:mm:ss");
        return null;
    }

    /// <summary>An object, or null when it is absent or wrong.</summary>
    public Fields? Object(string name, bool isRequired = false)
    {
        if (IsAbsent(name, isRequired))
        {
            return null;
        }

        if (json[name] is JsonObject value)
        {
            return new Fields(value, [.. location, name], faults);
        }

        Fault(name, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from");
        return null;
    }

    /// <summary>The objects of a list; null when it is absent or no list.</summary>
    public IReadOnlyList<Fields>? List(string name, bool isRequired = false)
    {
        if (IsAbsent(name, isRequired))
        {
            return null;
        }

        if (json[name] is not JsonArray list)
        {
            Fault(name, "list_type", "Input should be a valid list");
            return null;
        }

        var items = new List<Fields>();
        for (var index = 0; index < list.Count; index++)
        {
            if (list[index] is JsonObject item)
            {
                items.Add(new Fields(item, [.. location, name, index], faults));
            }
            else
            {
                faults.Add(new Fault("model_attributes_type", [.. location, name, index], "Input should be a valid dictionary or object to extract fields from"));
            }
        }

        return items;
    }

    /// <summary>Notes every member that is none of <paramref name="known"/>.</summary>
    public void Only(params ReadOnlySpan<string> known)
    {
        foreach (var (name, _) in json)
        {
            if (!known.Contains(name))
            {
                Fault(name, "extra_forbidden", "Extra inputs are not permitted");
            }
        }
    }

    private bool IsAbsent(string name, bool isRequired)
    {
        if (json[name] is not null)
        {
            return false;
        }

        if (isRequired)
        {
            Fault(name, "missing", "Field required");
        }

        return true;
    }

    // By its text, since a number from a file and one from a request are held differently, and one may be greater than any type.
    private static long? AsInteger(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.Number => decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number == decimal.Truncate(number) && decimal.Abs(number) < long.MaxValue ? (long)number : null,
        JsonValueKind.String => long.TryParse(value.GetValue<string>(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>The few verbs in which translations are written: read leniently, change in place, never fail on a stranger's type.</summary>
internal static class Json
{
    internal static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // Tool arguments travel as text inside JSON; escaping them a second time would only make them longer.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON object that <paramref name="text"/> is.</summary>
    /// <exception cref="MalformedAnswerException">It is none.</exception>
    public static JsonObject Parse(string text)
    {
        try
        {
            // The parser's exception quotes a word that it does not know, whole: it may be a key that a provider repeats.
            return (text.AsSpan().TrimStart() is ['n' or 't' or 'f', ..] ? null : JsonNode.Parse(text, documentOptions: Strict)) as JsonObject
                ?? throw new MalformedAnswerException("The provider sent an event that is not a JSON object.");
        }
        catch (JsonException)
        {
            throw new MalformedAnswerException("The provider sent an event that is not valid JSON.");
        }
    }

    /// <summary>The compact text of <paramref name="node"/>.</summary>
    public static string Write(JsonNode? node) => node?.ToJsonString(Plain) ?? "null";

    public static string? Text(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static string? Text(this JsonObject json, string name) => json[name].Text();

    public static JsonObject? Object(this JsonObject json, string name) => json[name] as JsonObject;

    public static JsonArray? Array(this JsonObject json, string name) => json[name] as JsonArray;

    public static bool? Flag(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    /// <summary>The whole number under <paramref name="name"/>; null when there is none (1.0 is one).</summary>
    public static long? Whole(this JsonObject json, string name) =>
        json.Number(name) is { } number && double.IsInteger(number) && Math.Abs(number) < 1e15 ? (long)number : null;

    public static double? Number(this JsonObject json, string name) => json[name].Number();

    public static double? Number(this JsonNode? node)
    {
        if (node is not JsonValue value)
        {
            return null;
        }

        return value.TryGetValue(out double number) ? number
            : value.TryGetValue(out long whole) ? whole
            : value.TryGetValue(out int small) ? small
            : value.TryGetValue(out decimal exact) ? (double)exact
            : null;
    }

    /// <summary>Removes <paramref name="name"/> and gives its value, free to be put elsewhere.</summary>
    public static JsonNode? Take(this JsonObject json, string name)
    {
        json.Remove(name, out var value);
        return value;
    }

    /// <summary>Gives the value of <paramref name="from"/> the name <paramref name="to"/>, if there is one and the new name is free.</summary>
    public static void Rename(this JsonObject json, string from, string to)
    {
        if (json.Take(from) is { } value)
        {
            json.TryAdd(to, value);
        }
    }

    /// <summary>Adds <paramref name="name"/> when it is absent.</summary>
    public static void Ensure(this JsonObject json, string name, JsonNode? value = null) => json.TryAdd(name, value);

    /// <summary>Gives <paramref name="name"/> a value when it is absent or null.</summary>
    public static void Fill(this JsonObject json, string name, JsonNode? value)
    {
        if (json[name] is null)
        {
            json[name] = value;
        }
    }

    /// <summary>Moves every member that <paramref name="target"/> lacks there.</summary>
    public static void MoveTo(this JsonObject json, JsonObject target)
    {
        foreach (var name in json.Select(member => member.Key).ToArray())
        {
            if (json.Take(name) is { } value)
            {
                target.TryAdd(name, value);
            }
        }
    }

    public static void Drop(this JsonObject json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            json.Remove(name);
        }
    }

    /// <summary>Removes the members that are null; a provider is told only what the caller said.</summary>
    public static JsonObject DropNulls(this JsonObject json)
    {
        if (json.Any(member => member.Value is null))
        {
            foreach (var name in json.Where(member => member.Value is null).Select(member => member.Key).ToArray())
            {
                json.Remove(name);
            }
        }

        return json;
    }

    /// <summary>The object under <paramref name="name"/>, made when it is absent or something else.</summary>
    public static JsonObject Within(this JsonObject json, string name)
    {
        if (json[name] is not JsonObject inner)
        {
            json[name] = inner = [];
        }

        return inner;
    }
}

using System.Text.Json;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>Finds in a body of OpenAI's shape what the gateway, or another provider, wrote into an assistant's message that came back
/// (<see cref="NativeOperation.NotForwarded"/>).</summary>
internal static class ForeignMembers
{
    /// <summary>Whether an assistant's message, or a tool call of it, holds one of <paramref name="names"/>, or a null in the place of its tool calls,
    /// which unified answers write and OpenAI refuses.</summary>
    public static bool AreIn(JsonElement body, IReadOnlyList<string> names)
    {
        if (names.Count == 0 || !body.TryGetProperty("messages"u8, out var messages) || messages.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role"u8, out var role) && role.ValueKind == JsonValueKind.String
                && role.ValueEquals("assistant"u8) && (Holds(message, names) || CallsHold(message, names)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool CallsHold(JsonElement message, IReadOnlyList<string> names)
    {
        if (!message.TryGetProperty("tool_calls"u8, out var calls) || calls.ValueKind != JsonValueKind.Array)
        {
            return calls.ValueKind == JsonValueKind.Null;
        }

        foreach (var call in calls.EnumerateArray())
        {
            if (call.ValueKind == JsonValueKind.Object && Holds(call, names))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Holds(JsonElement json, IReadOnlyList<string> names)
    {
        foreach (var member in json.EnumerateObject())
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (member.NameEquals(names[i]))
                {
                    return true;
                }
            }
        }

        return false;
    }
}

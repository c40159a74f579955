using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>Holds a request against MLflow's schemas; members that no schema names pass (spec/mlflow-gen12.md §5).</summary>
internal static class RequestSchema
{
    /// <summary>Checks <paramref name="body"/>, all faults at once, and reads what the gateway must know of it.</summary>
    /// <exception cref="GatewayException">422 with the list of faults.</exception>
    public static RequestFacts Check(JsonElement body, RouteType type, bool isFirstGeneration)
    {
        var rules = new FieldRules(body);
        var isStream = false;
        switch (type)
        {
            case RouteType.Chat:
                isStream = Sampling(rules, isFirstGeneration);
                Messages(rules, body);
                break;
            case RouteType.Completions:
                isStream = Sampling(rules, isFirstGeneration);
                rules.Text("prompt", isRequired: true);
                break;
            default:
                Input(rules, body, isFirstGeneration ? FirstGeneration.InputName(body) : "input");
                break;
        }

        rules.Text("model");
        if (rules.Faults.Count > 0)
        {
            throw GatewayException.Invalid(rules.Faults);
        }

        var wantsUsage = rules.Given("stream_options") is { ValueKind: JsonValueKind.Object } options
            && options.TryGetProperty("include_usage", out var include) && include.ValueKind == JsonValueKind.True;
        return new RequestFacts(isStream, wantsUsage, rules.Coerced) { Choices = NativeFacts.Choices(body) };
    }

    private static bool Sampling(FieldRules rules, bool isFirstGeneration)
    {
        rules.Number("temperature", 0, isFirstGeneration ? 1 : 2);
        if (isFirstGeneration)
        {
            rules.Whole("candidate_count", 1, 5);
        }
        else
        {
            rules.Whole("n", 1);
        }

        Stop(rules);
        rules.Whole("max_tokens", 1);
        rules.Whole("max_completion_tokens", 1);
        var isStream = rules.Flag("stream");
        rules.Object("stream_options");
        rules.Object("response_format");
        rules.Number("top_p", 0, 1);
        rules.Number("presence_penalty", -2, 2);
        rules.Number("frequency_penalty", -2, 2);
        rules.Whole("top_k", 1);
        return isStream;
    }

    // MLflow refuses a bare text; OpenAI's clients send one (spec/decisions.md D7).
    private static void Stop(FieldRules rules)
    {
        if (rules.Given("stop") is null or { ValueKind: JsonValueKind.String } || rules.Array("stop", 1) is not { } stop)
        {
            return;
        }

        var index = 0;
        foreach (var item in stop.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                rules.Add("string_type", "Input should be a valid string", item, null, "stop", index);
            }

            index++;
        }
    }

    private static void Messages(FieldRules rules, JsonElement body)
    {
        if (rules.Given("tools") is not null && rules.Array("tools", 0) is { } tools)
        {
            Objects(rules, tools, "tools");
        }

        if (!body.TryGetProperty("messages", out var given))
        {
            rules.Missing("messages");
            return;
        }

        if (given.ValueKind != JsonValueKind.Array)
        {
            rules.Add("list_type", "Input should be a valid list", given, null, "messages");
            return;
        }

        if (rules.Array("messages", 1) is not { } messages)
        {
            return;
        }

        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            Message(rules, message, index++);
        }
    }

    private static void Message(FieldRules rules, JsonElement message, int index)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            rules.Add("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", message, null, "messages", index);
            return;
        }

        if (!message.TryGetProperty("role"u8, out var role))
        {
            rules.Add("missing", "Field required", message, null, "messages", index, "role");
        }
        else if (role.ValueKind != JsonValueKind.String)
        {
            rules.Add("string_type", "Input should be a valid string", role, null, "messages", index, "role");
        }

        if (message.TryGetProperty("content"u8, out var content) && content.ValueKind is not (JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Null))
        {
            rules.Add("string_type", "Input should be a valid string", content, null, "messages", index, "content");
        }
    }

    private static void Objects(FieldRules rules, JsonElement items, string name)
    {
        var index = 0;
        foreach (var item in items.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                rules.Add("model_attributes_type", "Input should be a valid dictionary or object to extract fields from", item, null, name, index);
            }

            index++;
        }
    }

    private static void Input(FieldRules rules, JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var input))
        {
            rules.Missing(name);
        }
        else if (input.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in input.EnumerateArray())
            {
                // Texts, token numbers, or lists of token numbers.
                if (item.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Array))
                {
                    rules.Add("string_type", "Input should be a valid string", item, null, name, "list[str]", index);
                }

                index++;
            }
        }
        else if (input.ValueKind != JsonValueKind.String)
        {
            rules.Add("string_type", "Input should be a valid string", input, null, name, "str");
            rules.Add("list_type", "Input should be a valid list", input, null, name, "list[str]");
        }
    }
}

/// <summary>What the gateway must know of a request that is in order.</summary>
/// <param name="IsStream">Whether the caller asked for a stream.</param>
/// <param name="WantsUsage">Whether the caller asked for the usage chunk of a stream.</param>
/// <param name="Coerced">Members to be sent as other values than were written; null for none.</param>
internal sealed record RequestFacts(bool IsStream, bool WantsUsage, IReadOnlyDictionary<string, JsonNode?>? Coerced)
{
    /// <summary>How many answers are asked for; 1 where that is not said in a way that can be read.</summary>
    public int Choices { get; init; } = 1;
}

using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Routes.Validation;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Limits;

/// <summary>A change of limits as it was asked for, with all its faults reported together.</summary>
internal sealed record LimitsBody(string Route, IReadOnlyList<Limit> Limits, IReadOnlyList<TokenLimit>? TokenLimits)
{
    /// <summary>Reads a request's body.</summary>
    /// <exception cref="GatewayException">413, or 422 with every fault.</exception>
    public static async Task<LimitsBody> ReadAsync(HttpRequest request, CancellationToken cancellation) =>
        Of(await RequestBody.ReadAnyAsync(request, cancellation));

    /// <summary>Reads a body.</summary>
    /// <exception cref="GatewayException">422 with every fault.</exception>
    public static LimitsBody Of(JsonNode? json)
    {
        if (json is not JsonObject body)
        {
            throw GatewayException.Invalid([json is null
                ? new Fault("missing", ["body"], "Field required")
                : new Fault("model_attributes_type", ["body"], "Input should be a valid dictionary or object to extract fields from", json)]);
        }

        var faults = new List<Fault>();
        var route = Text(body, "route", ["body", "route"], faults);
        var limits = List(body, "limits", "calls", faults, isRequired: true)?.Select(item => new Limit(item.Amount, item.Period, item.Key)).ToList();
        var tokens = List(body, "token_limits", "tokens", faults, isRequired: false)?.Select(item => new TokenLimit(item.Amount, item.Period, item.Key)).ToList();
        return faults.Count == 0 ? new LimitsBody(route!, limits!, tokens) : throw GatewayException.Invalid(faults);
    }

    private static List<(long Amount, string Period, string? Key)>? List(JsonObject body, string field, string amount, List<Fault> faults, bool isRequired)
    {
        if (!body.TryGetPropertyValue(field, out var value) || (value is null && !isRequired))
        {
            if (isRequired)
            {
                faults.Add(new Fault("missing", ["body", field], "Field required", body));
            }

            return null;
        }

        if (value is not JsonArray array)
        {
            faults.Add(new Fault("list_type", ["body", field], "Input should be a valid list", value));
            return null;
        }

        var before = faults.Count;
        var items = array.Select((item, i) => Item(item, ["body", field, i], amount, faults)).ToList();
        if (faults.Count == before)
        {
            FindTwins(items, field, amount, array, faults);
        }

        return items;
    }

    private static (long Amount, string Period, string? Key) Item(JsonNode? json, object[] at, string amount, List<Fault> faults)
    {
        if (json is not JsonObject item)
        {
            faults.Add(new Fault("model_attributes_type", at, "Input should be a valid dictionary or object to extract fields from", json));
            return default;
        }

        var number = Number(item, amount, [.. at, amount], faults);
        var key = item["key"];
        if (key is not null && !(key.GetValueKind() == JsonValueKind.String && key.GetValue<string>() is ("user" or "route")))
        {
            faults.Add(new Fault("literal_error", [.. at, "key"], "Input should be 'user', 'route' or null", key, new JsonObject { ["expected"] = "'user' or 'route'" }));
        }

        var period = Text(item, "renewal_period", [.. at, "renewal_period"], faults);
        if (period is not null && !RenewalPeriod.TryParse(period, out _))
        {
            faults.Add(new Fault("value_error", [.. at, "renewal_period"], RenewalPeriod.Fault, item["renewal_period"]));
        }

        return (number, period ?? "", key is JsonValue text && text.TryGetValue(out string? name) ? name : null);
    }

    private static void FindTwins(List<(long Amount, string Period, string? Key)> items, string field, string amount, JsonArray array, List<Fault> faults)
    {
        var seen = new List<LimitRule>();
        for (var i = 0; i < items.Count; i++)
        {
            var (number, period, key) = items[i];
            foreach (var rule in amount == "calls" ? LimitRule.Of([new Limit(number, period, key)], []) : LimitRule.Of([], [new TokenLimit(number, period, key)]))
            {
                if (seen.Exists(rule.SharesCounterWith))
                {
                    faults.Add(new Fault("value_error", ["body", field, i], $"Two limits for the same key and window ({rule.Name}); give one of them.", array[i]));
                }

                seen.Add(rule);
            }
        }
    }

    private static string? Text(JsonObject body, string field, IReadOnlyList<object> at, List<Fault> faults)
    {
        if (!body.TryGetPropertyValue(field, out var value))
        {
            faults.Add(new Fault("missing", at, "Field required", body));
            return null;
        }

        if (value is JsonValue json && json.TryGetValue(out string? text))
        {
            return text;
        }

        faults.Add(new Fault("string_type", at, "Input should be a valid string", value));
        return null;
    }

    private static long Number(JsonObject body, string field, IReadOnlyList<object> at, List<Fault> faults)
    {
        if (!body.TryGetPropertyValue(field, out var value))
        {
            faults.Add(new Fault("missing", at, "Field required", body));
        }
        else if (value is not JsonValue json || !json.TryGetValue(out long number))
        {
            faults.Add(new Fault("int_type", at, "Input should be a valid integer", value));
        }
        else if (number < 0)
        {
            faults.Add(new Fault("greater_than_equal", at, "Input should be greater than or equal to 0", value, new JsonObject { ["ge"] = 0 }));
        }
        else
        {
            return number;
        }

        return 0;
    }
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>Notices which sampling parameters a translation left out because the provider takes none such, so that a caller can be told.</summary>
/// <remarks>Nodes are moved, not copied, by a translation: one that is no part of the provider's body under whatever name is left out, unless a member
/// of its own name stands there, as one does whose value was scaled.</remarks>
public static class Sampling
{
    private static readonly string[] Names =
        ["temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed", "logit_bias", "logprobs", "top_logprobs"];

    /// <summary>Translates <paramref name="request"/> as <see cref="Operation.Request"/> does, and says what it left out.</summary>
    /// <exception cref="TranslationException">The provider cannot serve this request.</exception>
    public static (JsonObject Body, IReadOnlyList<string> LeftOut) Translate(Operation operation, JsonObject request, ProviderCall call)
    {
        List<(string Name, JsonNode Value)>? given = null;
        foreach (var name in Names)
        {
            if (request[name] is { } value)
            {
                (given ??= []).Add((name, value));
            }
        }

        var body = operation.Request(request, call);
        return (body, given is null ? [] : [.. given.Where(one => one.Value.Root != body && !Holds(body, one.Name)).Select(one => one.Name)]);
    }

    private static bool Holds(JsonObject json, string name) =>
        json.ContainsKey(name) || json.Any(member => member.Key is not "messages" && member.Value is JsonObject inner && Holds(inner, name));
}

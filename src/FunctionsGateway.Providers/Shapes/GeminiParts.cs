using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>The parts of one of Gemini's candidates, sorted into the members of a unified message (spec/providers-own-shape.md §5.2).</summary>
internal sealed class GeminiParts
{
    private readonly JsonObject _candidate;
    private readonly long _index;
    private readonly string? _reason;

    /// <summary>Sorts <paramref name="candidate"/>, which is used up.</summary>
    /// <param name="candidate">The candidate, or the part of it in a chunk.</param>
    /// <param name="position">Its place in the list, for when it does not tell its index.</param>
    /// <param name="ids">The identifiers that were given to calls without one.</param>
    public GeminiParts(JsonObject candidate, int position, Identifiers ids)
    {
        _candidate = candidate;
        _index = candidate.Whole("index") ?? position;
        _reason = candidate.Text("finishReason");
        var (text, reasoning, calls, rest) = (new List<string>(), new List<string>(), new JsonArray(), new JsonArray());
        var signature = (string?)null;
        foreach (var part in Head.Objects((candidate.Take("content") as JsonObject)?.Array("parts") ?? []))
        {
            if (part.Object("functionCall") is { } function)
            {
                calls.Add(Call(part, function, ids));
            }
            else if (part.Text("text") is { } words)
            {
                (part.Flag("thought") == true ? reasoning : text).Add(words);
                signature = part.Text("thoughtSignature") ?? signature;
            }
            else
            {
                // Images that a model made, code that it ran: no unified member holds them.
                rest.Add(part.DeepClone());
            }
        }

        // An end of the stream that holds nothing but the signature is no text.
        Message = new() { ["role"] = "assistant", ["content"] = text.Count > 0 && (signature is null || text.Any(words => words.Length > 0)) ? string.Concat(text) : null };
        if (calls.Count > 0)
        {
            Message["tool_calls"] = calls;
        }

        if (reasoning.Count > 0)
        {
            Message["reasoning_content"] = string.Concat(reasoning);
        }

        if (signature is not null)
        {
            Message["thought_signature"] = signature;
        }

        if (rest.Count > 0)
        {
            Message["native_parts"] = rest;
        }
    }

    /// <summary>The message, or the delta.</summary>
    public JsonObject Message { get; }

    /// <summary>Whether it holds anything for a caller.</summary>
    public bool HasContent => _reason is not null || Message.Count > 2 || Message["content"] is not null;

    /// <summary>The choice, under whose <paramref name="member"/> the message is; all that the candidate held beside its content stays.</summary>
    /// <param name="member"><c>message</c> or <c>delta</c>.</param>
    /// <param name="message">The message.</param>
    /// <param name="hasCalled">Whether an earlier chunk of the candidate held a call.</param>
    public JsonObject Choice(string member, JsonObject message, bool hasCalled = false)
    {
        var choice = new JsonObject
        {
            ["index"] = _index,
            [member] = message,
            ["finish_reason"] = Unified(_reason, hasCalled || message.ContainsKey("tool_calls")),
            ["native_finish_reason"] = _reason,
        };
        if (GeminiLogprobs.Of(_candidate.Object("logprobsResult")) is { } logprobs)
        {
            choice["logprobs"] = logprobs;
            _candidate.Remove("logprobsResult");
        }

        _candidate.Drop("finishReason", "index");
        _candidate.MoveTo(choice);
        return choice;
    }

    // sdk @google/genai 2.32.0; MLflow's words are lower-cased ones that no client knows.
    private static string? Unified(string? reason, bool hasCalled) => reason switch
    {
        null => null,
        "MAX_TOKENS" => "length",
        "SAFETY" or "RECITATION" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "LANGUAGE"
            or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "IMAGE_RECITATION" => "content_filter",
        _ => hasCalled ? "tool_calls" : "stop",
    };

    // The signature stands beside the call and must come back with it.
    private static JsonObject Call(JsonObject part, JsonObject function, Identifiers ids)
    {
        var (name, args) = (function.Text("name"), function["args"] ?? new JsonObject());
        var call = ToolCalls.New(function.Text("id") ?? ids.Of(name, args), name, Json.Write(args));
        if (part.Text("thoughtSignature") is { } signature)
        {
            call["thought_signature"] = signature;
        }

        return call;
    }

    /// <summary>Identifiers for calls that come without one: MLflow's, made of the call itself; a second equal one gets a number.</summary>
    internal sealed class Identifiers
    {
        private readonly Dictionary<string, int> _given = [];

        public string Of(string? name, JsonNode args)
        {
            var text = new StringBuilder(name).Append('/');
            Python(args, text);
#pragma warning disable CA5351 // MLflow's identifiers are MD5; nothing is protected by it.
            var id = "call_" + Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text.ToString())));
#pragma warning restore CA5351
            var count = _given[id] = _given.GetValueOrDefault(id) + 1;
            return count == 1 ? id : $"{id}-{count - 1}";
        }

        // As Python's json.dumps writes it: a space after every colon and comma, nothing but ASCII.
        private static void Python(JsonNode? node, StringBuilder text)
        {
            switch (node)
            {
                case JsonObject json:
                    List('{', json, member => Python(member.Value, Name(member.Key)), '}');
                    break;
                case JsonArray list:
                    List('[', list, item => Python(item, text), ']');
                    break;
                default:
                    text.Append(node.Text() is { } words ? Quoted(words) : Json.Write(node));
                    break;
            }

            StringBuilder Name(string name) => text.Append(Quoted(name)).Append(": ");

            void List<T>(char open, IEnumerable<T> items, Action<T> write, char close)
            {
                text.Append(open);
                var isFirst = true;
                foreach (var item in items)
                {
                    text.Append(isFirst ? "" : ", ");
                    isFirst = false;
                    write(item);
                }

                text.Append(close);
            }
        }

        private static string Quoted(string words) => $"\"{string.Concat(words.Select(Escaped))}\"";

        private static string Escaped(char letter) => letter switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\b' => "\\b",
            '\f' => "\\f",
            < ' ' or > '\x7f' => $"\\u{(int)letter:x4}",
            _ => letter.ToString(),
        };
    }
}

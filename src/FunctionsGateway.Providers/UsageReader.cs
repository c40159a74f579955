using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers;

/// <summary>The tokens that a provider says it counted; null where it does not say.</summary>
/// <param name="Prompt">Tokens of the request, cached ones included.</param>
/// <param name="Completion">Tokens of the answer, reasoning included.</param>
/// <param name="Total">All tokens.</param>
/// <param name="Cached">Tokens of the request that were read from a cache.</param>
/// <param name="Reasoning">Tokens of the answer that were spent on reasoning.</param>
public sealed record TokenUsage(long? Prompt, long? Completion, long? Total, long? Cached, long? Reasoning);

/// <summary>Reads token usage from a native answer, or from the events of a native stream as they pass, without building a document.</summary>
/// <remarks>Only the members that hold usage are entered; all else is skipped unread. What cannot be read is no usage: an observer never breaks a stream.
/// Later events overlay earlier ones member by member, as Anthropic's cumulative counts want (spec/providers-own-shape.md §1.3).</remarks>
/// <param name="api">The API whose answers are read.</param>
public sealed class UsageReader(NativeApi api)
{
    private long? _input, _output, _total, _cacheRead, _cacheWrite, _reasoning, _toolInput, _billedInput, _billedOutput;

    /// <summary>What was read so far; null when no count was.</summary>
    public TokenUsage? Usage
    {
        get
        {
            if (_input is null && _output is null && _total is null)
            {
                // What Cohere bills is all that it tells of some answers.
                return _billedInput is null && _billedOutput is null ? null
                    : new(_billedInput, _billedOutput, (_billedInput ?? 0) + (_billedOutput ?? 0), _cacheRead, _reasoning);
            }

            // Anthropic counts cached tokens beside the input, Gemini counts thoughts beside the candidates and the prompts of tools beside the prompt,
            // xAI counts reasoning on top of the completion, which the total tells (spec/providers-own-shape.md §1.2, §5.2, spec/providers-openai-family.md §4).
            var prompt = api is NativeApi.AnthropicMessages or NativeApi.AnthropicCountTokens ? _input + (_cacheRead ?? 0) + (_cacheWrite ?? 0) : _input + (_toolInput ?? 0);
            var isOnTop = api is NativeApi.GeminiGenerateContent || (_reasoning is { } reasoning && _output is { } output && _total == _input + output + reasoning);
            var completion = isOnTop ? (_output ?? 0) + (_reasoning ?? 0) : _output;
            return new(prompt, completion, _total ?? prompt + (completion ?? 0), _cacheRead, _reasoning);
        }
    }

    /// <summary>Reads usage from a unified answer or chunk; null when it has none.</summary>
    public static TokenUsage? Read(JsonObject answer)
    {
        if (answer.Object("usage") is not { } usage)
        {
            return null;
        }

        var (prompt, completion, total) = (Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"), Count(usage, "total_tokens"));
        return prompt is null && completion is null && total is null
            ? null
            : new(prompt, completion, total ?? (prompt ?? 0) + (completion ?? 0),
                Count(usage.Object("prompt_tokens_details"), "cached_tokens"),
                Count(usage.Object("completion_tokens_details"), "reasoning_tokens"));
    }

    /// <summary>Reads usage from one native answer; null when it has none.</summary>
    public static TokenUsage? Read(NativeApi api, ReadOnlySpan<byte> json)
    {
        var reader = new UsageReader(api);
        reader.Observe(json);
        return reader.Usage;
    }

    /// <summary>Reads usage from one native answer or from the data of one event.</summary>
    public void Observe(ReadOnlySpan<byte> json)
    {
        if (api is not (NativeApi.AnthropicCountTokens or NativeApi.CohereEmbed) && json.IndexOf("sage"u8) < 0)
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            if (reader.Read())
            {
                Answer(ref reader, 0);
            }
        }
        catch (JsonException)
        {
            // Forwarded all the same; whether it is an answer is for the client to say.
        }
    }

    private static long? Count(JsonObject? counts, string name) => counts?.Whole(name) is >= 0 and var count ? count : null;

    private void Answer(ref Utf8JsonReader reader, int depth)
    {
        if (reader.TokenType == JsonTokenType.StartArray && depth == 0)
        {
            // Gemini without alt=sse streams one array of answers.
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Answer(ref reader, depth);
            }

            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals("usageMetadata"u8)
                || (depth == 0 && api is NativeApi.CohereEmbed && reader.ValueTextEquals("meta"u8));
            var mayHoldUsage = depth == 0 && (reader.ValueTextEquals("response"u8) || reader.ValueTextEquals("message"u8)
                || reader.ValueTextEquals("delta"u8) || reader.ValueTextEquals("x_groq"u8));
            var isCount = depth == 0 && api is NativeApi.AnthropicCountTokens && reader.ValueTextEquals("input_tokens"u8);
            reader.Read();
            if (isUsage)
            {
                Counts(ref reader);
            }
            else if (mayHoldUsage)
            {
                Answer(ref reader, depth + 1);
            }
            else if (isCount)
            {
                Set(ref _input, ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void Counts(ref Utf8JsonReader reader, bool isBilled = false)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "billed_units":
                    Counts(ref reader, isBilled: true);
                    break;
                case "input_tokens" when isBilled:
                    Set(ref _billedInput, ref reader);
                    break;
                case "output_tokens" when isBilled:
                    Set(ref _billedOutput, ref reader);
                    break;
                case "toolUsePromptTokenCount":
                    Set(ref _toolInput, ref reader);
                    break;
                case "prompt_tokens" or "input_tokens" or "promptTokenCount":
                    Set(ref _input, ref reader);
                    break;
                case "completion_tokens" or "output_tokens" or "candidatesTokenCount":
                    Set(ref _output, ref reader);
                    break;
                case "total_tokens" or "totalTokenCount":
                    Set(ref _total, ref reader);
                    break;
                case "cached_tokens" or "cache_read_input_tokens" or "cachedContentTokenCount" or "prompt_cache_hit_tokens":
                    Set(ref _cacheRead, ref reader);
                    break;
                case "cache_creation_input_tokens":
                    Set(ref _cacheWrite, ref reader);
                    break;
                case "reasoning_tokens" or "thinking_tokens" or "thoughtsTokenCount":
                    Set(ref _reasoning, ref reader);
                    break;
                case "prompt_tokens_details" or "input_tokens_details" or "completion_tokens_details" or "output_tokens_details" or "tokens":
                    Counts(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private static void Set(ref long? count, ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && number is >= 0 and < 1e15)
        {
            count = (long)number;
        }
        else
        {
            reader.Skip();
        }
    }
}

using System.Globalization;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>
/// What the provider is to do with a call. A script is written in a few words, separated by commas, as the model's name or in the
/// header <c>X-Script</c>; words that are not of this list mean nothing, so any model's name is a script that merely echoes.
/// <list type="table">
/// <item><term><c>status=429</c></term><description>answer this status with the dialect's error</description></item>
/// <item><term><c>retry-after=2</c></term><description>send <c>Retry-After</c> with it</description></item>
/// <item><term><c>delay=200</c></term><description>wait so many milliseconds before the first byte</description></item>
/// <item><term><c>chunks=64</c></term><description>stream the text in so many pieces (default: one a word)</description></item>
/// <item><term><c>pace=10</c></term><description>wait so many milliseconds between two events</description></item>
/// <item><term><c>together=2</c></term><description>send the first two events in one write, so that whoever sees one sees both</description></item>
/// <item><term><c>stall=3</c></term><description>send three events, then nothing, until the client leaves</description></item>
/// <item><term><c>cut=3</c></term><description>send three events, then break the connection; <c>cut=0</c> before the first byte</description></item>
/// <item><term><c>cut-inside=3</c></term><description>send three events and half of the next, then break the connection</description></item>
/// <item><term><c>malformed=3</c></term><description>send three events, then one that is not JSON, then go on</description></item>
/// <item><term><c>error-event=3</c></term><description>send three events, then the dialect's error event, then end</description></item>
/// <item><term><c>end=3</c></term><description>send three events, then end as if all were well</description></item>
/// <item><term><c>tool</c></term><description>call a tool, even where the request offers none</description></item>
/// <item><term><c>reflect</c></term><description>answer with the headers and the body that were received, as JSON</description></item>
/// <item><term><c>times=1</c></term><description>do so for the first call only (of this script), then echo</description></item>
/// </list>
/// A unary answer counts as one event: <c>stall=0</c>, <c>cut=0</c>, <c>cut-inside=0</c> and <c>malformed=0</c> apply to it.
/// </summary>
public sealed record Script
{
    /// <summary>The script that does nothing but echo.</summary>
    public static Script Echo { get; } = new();

    /// <summary><c>status</c>.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The body to send instead of the dialect's own; only from code.</summary>
    public string? Body { get; init; }

    /// <summary>The content type of <see cref="Body"/>; only from code.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The text to answer instead of the echo; only from code.</summary>
    public string? Text { get; init; }

    /// <summary>Further response headers; only from code.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary><c>retry-after</c>.</summary>
    public int? RetryAfter { get; init; }

    /// <summary><c>delay</c>.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary><c>chunks</c>.</summary>
    public int? Chunks { get; init; }

    /// <summary><c>pace</c>.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary><c>together</c>.</summary>
    public int Together { get; init; }

    /// <summary><c>stall</c>.</summary>
    public int? StallAfter { get; init; }

    /// <summary><c>cut</c>.</summary>
    public int? CutAfter { get; init; }

    /// <summary><c>cut-inside</c>.</summary>
    public int? CutInsideAfter { get; init; }

    /// <summary><c>malformed</c>.</summary>
    public int? MalformedAfter { get; init; }

    /// <summary><c>error-event</c>.</summary>
    public int? ErrorEventAfter { get; init; }

    /// <summary><c>end</c>.</summary>
    public int? EndAfter { get; init; }

    /// <summary><c>tool</c>.</summary>
    public bool Tool { get; init; }

    /// <summary><c>reflect</c>.</summary>
    public bool Reflect { get; init; }

    /// <summary><c>times</c>.</summary>
    public int? Times { get; init; }

    /// <summary>Reads a script.</summary>
    public static Script Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var script = Echo;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = word.Split('=', 2) is [var left, var right] && int.TryParse(right, CultureInfo.InvariantCulture, out var number)
                ? (left, number)
                : (word, 0);
            script = name switch
            {
                "status" => script with { Status = value },
                "retry-after" => script with { RetryAfter = value },
                "delay" => script with { Delay = TimeSpan.FromMilliseconds(value) },
                "chunks" => script with { Chunks = value },
                "pace" => script with { Pace = TimeSpan.FromMilliseconds(value) },
                "together" => script with { Together = value },
                "stall" => script with { StallAfter = value },
                "cut" => script with { CutAfter = value },
                "cut-inside" => script with { CutInsideAfter = value },
                "malformed" => script with { MalformedAfter = value },
                "error-event" => script with { ErrorEventAfter = value },
                "end" => script with { EndAfter = value },
                "tool" => script with { Tool = true },
                "reflect" => script with { Reflect = true },
                "times" => script with { Times = value },
                _ => script,
            };
        }

        return script;
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Invocations.Answers;

/// <summary>The stream truth table (docs/streaming.md): whatever a provider does to a stream, the client is told in the words that its own SDK reads as an error,
/// or gets another target's answer; never a clean end.</summary>
public sealed class TruthTableTests(TruthTableTests.Table table) : IClassFixture<TruthTableTests.Table>
{
    private const string Chat = """{"messages":[{"role":"user","content":"one two three four five"}],"stream":true}""";
    private const string ChatWithModel = """{"model":"r","messages":[{"role":"user","content":"one two three four five"}],"stream":true}""";

    /// <summary>A dialect: how a call is put, which events begin its stream, how its error event begins, how its error answer does, how a whole stream ends.</summary>
    internal sealed record Column(string Provider, string Path, string Body, int Before, string ErrorEvent, string ErrorBody, string End)
    {
        /// <summary>The status of an error event that comes first.</summary>
        public int ErrorEventStatus { get; init; } = 500;

        /// <summary>The letter under which docs/streaming.md shows the event that ends a stream in error.</summary>
        public char Form { get; init; } = 'a';
    }

    private static readonly Dictionary<string, Column> Columns = new()
    {
        ["mlflow, forwarded"] = new("openai", "/gateway/mlflow/v1/chat/completions", ChatWithModel, 2, "data: {\"error\":{\"message\":", "{\"error\":{\"message\":", "data: [DONE]\n\n"),
        ["mlflow, translated"] = new("anthropic", "/gateway/mlflow/v1/chat/completions", ChatWithModel, 6, "data: {\"error\":{\"message\":", "{\"error\":{\"message\":", "data: [DONE]\n\n") { ErrorEventStatus = 503 },
        ["mlflow, invocations"] = new("anthropic", "/gateway/r/mlflow/invocations", Chat, 6, "data: {\"error\":{\"message\":", "{\"detail\":", "}\n\n") { ErrorEventStatus = 503 },
        ["azure deployments"] = new("openai", "/openai/deployments/r/chat/completions?api-version=2024-10-21", Chat, 2, "data: {\"error\":{\"message\":", "{\"error\":{\"message\":", "data: [DONE]\n\n"),
        ["openai chat"] = new("openai", "/gateway/openai/v1/chat/completions", ChatWithModel, 2, "data: {\"error\":{\"message\":", "{\"error\":{\"message\":", "data: [DONE]\n\n"),
        ["openai responses"] = new("openai", "/v1/responses", """{"model":"r","input":"one two three four five","stream":true}""", 5,
            "event: error\ndata: {\"type\":\"error\",", "{\"error\":{\"message\":", "\"type\":\"response.completed\"") { Form = 'b' },
        ["anthropic"] = new("anthropic", "/anthropic/v1/messages", ChatWithModel, 6, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":", "{\"type\":\"error\",\"error\":{", "{\"type\":\"message_stop\"}\n\n") { ErrorEventStatus = 503, Form = 'c' },
        ["gemini"] = new("gemini", "/gemini/v1beta/models/r:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"one two three four five"}]}]}""", 2,
            "data: {\"error\":{\"code\":", "{\"error\":{\"code\":", "\"finishReason\":\"STOP\"") { ErrorEventStatus = 503, Form = 'd' },
        ["gemini, as an array"] = new("gemini", "/gateway/gemini/v1beta/models/r:streamGenerateContent", """{"contents":[{"parts":[{"text":"one two three four five"}]}]}""", 2,
            "{\"error\":{\"code\":", "{\"error\":{\"code\":", "\"finishReason\":\"STOP\"") { ErrorEventStatus = 503, Form = 'd' },
        ["cohere"] = new("cohere", "/cohere/v2/chat", ChatWithModel, 4, "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"error\":", "{\"message\":", "\"finish_reason\":\"COMPLETE\"") { ErrorEventStatus = 502, Form = 'e' },
        ["mistral"] = new("mistral", "/mistral/v1/chat/completions", ChatWithModel, 2, "data: {\"object\":\"error\",", "{\"object\":\"error\",", "data: [DONE]\n\n") { Form = 'f' },
    };

    /// <summary>The faults; <c>{n}</c> is how many events come first. A fault before the first byte is one that a fallback mends.</summary>
    private static readonly (string Name, string Script, bool IsBeforeFirstByte, int? Status)[] Faults =
    [
        ("cut before the first byte", "cut=0", true, 502),
        ("stall before the first byte", "stall=0", true, 504),
        ("malformed first event", "malformed=0", true, 502),
        ("error event first", "error-event=0", true, null),
        ("end without an event", "end=0", true, 502),
        ("HTTP 500", "status=500", true, 500),
        ("HTTP 429", "status=429", true, 429),
        ("cut between events", "cut={n}", false, null),
        ("cut inside an event", "cut-inside={n}", false, null),
        ("stall", "stall={n}", false, null),
        ("malformed JSON", "malformed={n}", false, null),
        ("error event", "error-event={n}", false, null),
        ("premature clean end", "end={n}", false, null),
    ];

    public static IEnumerable<object[]> Cells => from column in Columns.Keys from fault in Faults select new object[] { column, fault.Name };

    public static TheoryData<string> Dialects => [.. Columns.Keys];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Tells_the_truth(string dialect, string faultName)
    {
        var column = Columns[dialect];
        var fault = Faults.Single(f => f.Name == faultName);

        var (alone, backed) = await table.Results[(dialect, faultName)];

        if (fault.IsBeforeFirstByte)
        {
            Assert.Equal(fault.Status ?? column.ErrorEventStatus, alone.Status);
            Assert.StartsWith(column.ErrorBody, alone.Text, StringComparison.Ordinal);
            // What another target can mend, the client does not see.
            Assert.Equal(200, backed.Status);
            AssertWhole(column, backed.Text);
        }
        else
        {
            foreach (var (status, text) in (ReadOnlySpan<(int, string)>)[alone, backed])
            {
                Assert.Equal(200, status);
                Assert.Contains("one", text, StringComparison.Ordinal);
                Assert.StartsWith(column.ErrorEvent, Last(text), StringComparison.Ordinal);
                // Never a second answer behind the first one's beginning.
                Assert.Equal(text.IndexOf("one", StringComparison.Ordinal), text.LastIndexOf("one", StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Ends_cleanly_where_the_provider_does(string dialect)
    {
        var (status, text) = await table.AskAsync(Columns[dialect], "echo", isBacked: false);

        Assert.Equal(200, status);
        AssertWhole(Columns[dialect], text);
    }

    [Fact]
    public void Stands_in_the_documentation_as_it_is()
    {
        const string path = "docs/streaming.md";
        var text = Repository.Read(path);
        var start = text.IndexOf("| what the provider does |", StringComparison.Ordinal);
        Assert.True(start > 0);
        Repository.HoldsOrUpdates(path, text[..start] + Written() + text[(text.IndexOf("\n\n", start, StringComparison.Ordinal) + 1)..]);
    }

    private static string Written()
    {
        var rows = new List<string[]> { ([.. Columns.Keys.Prepend("what the provider does")]), ([.. Enumerable.Repeat("---", Columns.Count + 1)]) };
        rows.AddRange(Faults.Select(fault => (string[])[
            fault.Name,
            .. Columns.Values.Select(column => fault.IsBeforeFirstByte ? $"{fault.Status ?? column.ErrorEventStatus}" : $"({column.Form})"),
        ]));
        return string.Concat(rows.Select(row => $"| {string.Join(" | ", row)} |\n")).Replace("| --- |", "|---|", StringComparison.Ordinal).Replace(" --- |", "---|", StringComparison.Ordinal);
    }

    private static string Last(string text) => text.StartsWith('[')
        ? JsonNode.Parse(text)!.AsArray()[^1]!.ToJsonString()
        : text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];

    private static void AssertWhole(Column column, string text)
    {
        Assert.Contains("five", text, StringComparison.Ordinal);
        Assert.Contains(column.End, Last(text) + "\n\n", StringComparison.Ordinal);
        Assert.DoesNotContain(column.ErrorEvent, text, StringComparison.Ordinal);
    }

    /// <summary>Plays all cells side by side, since most of them wait.</summary>
    public sealed class Table : IAsyncLifetime, IDisposable
    {
        private readonly SemaphoreSlim _places = new(24);
        private GatewayUnderTest _gateway = null!;

        /// <summary>What each cell gave, without and with a fallback.</summary>
        internal Dictionary<(string Dialect, string Fault), Task<((int Status, string Text) Alone, (int Status, string Text) Backed)>> Results { get; private set; } = [];

        public async Task InitializeAsync()
        {
            _gateway = await GatewayUnderTest.StartAsync(
                ("Gateway__Deadlines__StreamIdle", "00:00:01"), ("Gateway__Deadlines__Total", "00:00:04"), ("Gateway__Deadlines__FirstByte", "00:00:01.5"));
            Results = (from column in Columns from fault in Faults select (column, fault)).ToDictionary(
                cell => (cell.column.Key, cell.fault.Name), cell => PlayAsync(cell.column.Value, cell.fault.Script));
        }

        public async Task DisposeAsync()
        {
            await Task.WhenAll(Results.Values).ContinueWith(static _ => { }, TaskScheduler.Default);
            await _gateway.DisposeAsync();
        }

        public void Dispose() => _places.Dispose();

        internal async Task<(int Status, string Text)> AskAsync(Column column, string script, bool isBacked)
        {
            var name = "r" + Guid.NewGuid().ToString("N");
            Target[] targets = isBacked
                ? [_gateway.Target(script, column.Provider), _gateway.Target("echo", column.Provider) with { IsFallback = true }]
                : [_gateway.Target(script, column.Provider)];
            await _gateway.AddRouteAsync(new GatewayRoute { Name = name, Id = "e-" + name, Targets = targets, FallbackAttempts = 0 });
            return await _gateway.AskAsync(
                column.Path.Replace("/r/", $"/{name}/", StringComparison.Ordinal).Replace("/r:", $"/{name}:", StringComparison.Ordinal),
                column.Body.Replace("\"model\":\"r\"", $"\"model\":\"{name}\"", StringComparison.Ordinal));
        }

        private async Task<((int Status, string Text) Alone, (int Status, string Text) Backed)> PlayAsync(Column column, string script)
        {
            await _places.WaitAsync();
            try
            {
                script = script.Replace("{n}", $"{column.Before}", StringComparison.Ordinal);
                return (await AskAsync(column, script, isBacked: false), await AskAsync(column, script, isBacked: true));
            }
            finally
            {
                _places.Release();
            }
        }
    }
}

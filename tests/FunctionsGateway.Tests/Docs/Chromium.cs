using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Tests.Docs;

/// <summary>A page in a real browser without a window, driven over the DevTools protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private int _calls;

    private Chromium(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>Where the browser is, or null.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } own ? [own] : (string[])["chromium", "chromium-browser", "google-chrome"])
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>What the page complained of: exceptions, and refusals by its content security policy.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Every address that the page asked for.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Opens a page.</summary>
    public static async Task<Chromium> OpenAsync(Uri address)
    {
        var profile = Directory.CreateTempSubdirectory("chromium").FullName;
        var process = Process.Start(new ProcessStartInfo(Program!,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var browser = new Chromium(process, profile);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await browser.ConnectAsync();
        foreach (var domain in new[] { "Page", "Runtime", "Log", "Network" })
        {
            await browser.CallAsync($"{domain}.enable", []);
        }

        await browser.CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = 1280, ["height"] = 1000, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await browser.CallAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
        return browser;
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task WaitAsync(string expression)
    {
        var watch = Stopwatch.StartNew();
        while ((await EvaluateAsync($"!!({expression})"))?.GetValue<bool>() != true)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"It did not come true in the page: {expression}. {string.Join("; ", Complaints)}");
            await Task.Delay(100);
        }
    }

    /// <summary>Clicks what a selector finds, when it is there.</summary>
    public async Task ClickAsync(string selector)
    {
        await WaitAsync($"document.querySelector({Quoted(selector)})");
        await EvaluateAsync($"document.querySelector({Quoted(selector)}).click()");
    }

    /// <summary>Types into what a selector finds, so that React sees it.</summary>
    public async Task TypeAsync(string selector, string text)
    {
        await WaitAsync($"document.querySelector({Quoted(selector)})");
        await EvaluateAsync($$"""
            (() => {
              const field = document.querySelector({{Quoted(selector)}});
              Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, {{Quoted(text)}});
              field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
              field.dispatchEvent(new FocusEvent('focusout', { bubbles: true }));
            })()
            """);
    }

    /// <summary>The value of an expression.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression) =>
        (await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true }))["result"]?["value"];

    /// <summary>What the window shows, as PNG.</summary>
    public async Task<byte[]> ScreenshotAsync() => Convert.FromBase64String((string)(await CallAsync("Page.captureScreenshot", []))["data"]!);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private async Task ConnectAsync()
    {
        var file = Path.Combine(_profile, "DevToolsActivePort");
        var watch = Stopwatch.StartNew();
        while (!File.Exists(file) || (await File.ReadAllLinesAsync(file)).Length < 2)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60) && !_process.HasExited, $"{Program} did not start.");
            await Task.Delay(100);
        }

        using var client = new HttpClient();
        var pages = await client.GetFromJsonAsync<JsonArray>($"http://127.0.0.1:{(await File.ReadAllLinesAsync(file))[0]}/json/list");
        await _socket.ConnectAsync(new Uri((string)pages!.First(page => (string)page!["type"]! == "page")!["webSocketDebuggerUrl"]!), default);
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        var id = ++_calls;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, true, default);
        while (true)
        {
            var message = await ReceiveAsync();
            if ((int?)message["id"] == id)
            {
                return message["result"] ?? throw new InvalidOperationException($"{method}: {message["error"]}");
            }

            Note(message);
        }
    }

    private void Note(JsonNode message)
    {
        switch ((string?)message["method"])
        {
            case "Runtime.exceptionThrown":
                Complaints.Add(message["params"]!["exceptionDetails"]!.ToJsonString());
                break;
            case "Log.entryAdded" when (string?)message["params"]!["entry"]!["level"] == "error":
                Complaints.Add((string)message["params"]!["entry"]!["text"]!);
                break;
            case "Network.requestWillBeSent":
                Requests.Add((string)message["params"]!["request"]!["url"]!);
                break;
        }
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var whole = new MemoryStream();
        var part = new byte[1 << 16];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(part.AsMemory(), default);
            whole.Write(part, 0, received.Count);
        }
        while (!received.EndOfMessage);

        return JsonNode.Parse(whole.ToArray())!;
    }
}

/// <summary>A test that needs a browser; skipped where there is none.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Chromium.Program is null
        ? "There is no chromium: apt-get install chromium, or name another in the variable CHROMIUM."
        : null;
}

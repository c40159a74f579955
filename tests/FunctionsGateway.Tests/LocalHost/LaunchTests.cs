using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FunctionsGateway.Tests.Support;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsGateway.Tests.LocalHost;

/// <summary>What a person reads when LocalHost starts as a process of its own, and whether the first request that they copy is answered.</summary>
public sealed partial class LaunchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("launch").FullName;
    private readonly List<string> _said = [];
    private Process? _process;

    [Fact]
    public async Task Tells_each_step_and_answers_the_first_requests_of_the_README()
    {
        var address = await StartAsync(["--demo"], []);

        // The official packages have the attribute in another assembly.
        Assert.Contains(typeof(FunctionAttribute).Assembly.GetName().Name == "Microsoft.Azure.Functions.Worker" ? "the stand-ins of eng/standins" : "the official ones", Said("Packages"), StringComparison.Ordinal);
        Assert.EndsWith("and the environment.", Said("Settings"), StringComparison.Ordinal);
        Assert.Equal("memory; routes and counters are lost at exit.", Said("Storage"));
        Assert.Contains("echoes what it is asked", Said("Demo"), StringComparison.Ordinal);
        Assert.Equal("Ctrl-C", Said("Stop"));
        Assert.Contains($"curl -s {address}", Said("Try"), StringComparison.Ordinal);

        using var client = new HttpClient();
        foreach (var page in new[] { "README.md", "docs/getting-started.md" })
        {
            var requests = Curl().Matches(Repository.Read(page)).Where(match => match.Groups[1].Value.StartsWith("http://localhost:7071", StringComparison.Ordinal) && match.Groups[2].Value.Contains("demo-", StringComparison.Ordinal) | match.Groups[1].Value.Contains("demo-", StringComparison.Ordinal)).ToList();
            Assert.True(requests.Count >= 3, $"{page} has few requests of the demo.");
            foreach (Match request in requests)
            {
                using var content = new StringContent(request.Groups[2].Value, Encoding.UTF8, "application/json");
                using var answer = await client.PostAsync(new Uri(request.Groups[1].Value.Replace("http://localhost:7071/", address, StringComparison.Ordinal)), content);
                var text = await answer.Content.ReadAsStringAsync();

                Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{page}: {request.Value} is answered {(int)answer.StatusCode} {text}");
            }

            // Else the next page's calls find the limit that this one set.
            using var none = new StringContent("""{"route":"demo-chat","limits":[]}""", Encoding.UTF8, "application/json");
            Assert.True((await client.PostAsync(new Uri($"{address}api/2.0/gateway/limits/"), none)).IsSuccessStatusCode);
        }
    }

    [Fact]
    public async Task Says_that_a_routes_file_is_imported()
    {
        var file = RoutesFile();

        await StartAsync([], [("Gateway__ConfigPath", file), ("TEST_API_KEY", "x")]);

        Assert.Equal($"imported from {file}; a change of the file is taken within seconds.", Said("Routes"));
    }

    [Fact]
    public async Task Does_not_call_a_routes_file_imported_that_is_not()
    {
        var file = RoutesFile();
        var nobody = $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey={Convert.ToBase64String(new byte[32])};TableEndpoint=http://127.0.0.1:1/a";

        await StartAsync([], [("Gateway__ConfigPath", file), ("TEST_API_KEY", "x"), ("GatewayStorage", nobody)]);

        Assert.StartsWith($"{file} is not imported yet; it is tried again until it is. ", Said("Routes"), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string RoutesFile()
    {
        var file = Path.Combine(_folder, "routes.yaml");
        File.WriteAllText(file, "endpoints: [{name: a, endpoint_type: llm/v1/chat, model: {provider: openai, name: m, config: {openai_api_key: $TEST_API_KEY}}}]");
        return file;
    }

    private string Said(string what) => _said.First(line => line.StartsWith($"{what}: ", StringComparison.Ordinal))[(what.Length + 2)..];

    /// <summary>Starts it, and reads until it says what to try.</summary>
    private async Task<string> StartAsync(string[] arguments, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["exec", Path.Combine(AppContext.BaseDirectory, "FunctionsGateway.LocalHost.dll"), "--urls", "http://127.0.0.1:0", .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings.Prepend(("GatewayStorage", "memory")))
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        var errors = _process.StandardError.ReadToEndAsync();
        while (_said.Count == 0 || !_said[^1].StartsWith("Try: ", StringComparison.Ordinal))
        {
            var line = await _process.StandardOutput.ReadLineAsync();
            Assert.True(line is not null, $"It ended early: {string.Join('\n', _said)}{(_process.HasExited ? await errors : "")}");
            _said.Add(line);
        }

        return Said("Listening") + "/";
    }

    [GeneratedRegex("""curl -sN? (\S+) -H 'Content-Type: application/json'(?: \\\n)? *-d '([^']+)'""")]
    private static partial Regex Curl();
}

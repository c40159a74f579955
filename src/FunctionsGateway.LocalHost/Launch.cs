using System.Net;
using System.Net.Http;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.LocalHost;

/// <summary>The way from a command line to a running gateway, told line by line.</summary>
internal static class Launch
{
    // In the order in which the gateway looks for one (ConfigWatcher).
    private static readonly string[] RoutesFileNames = ["Gateway__ConfigPath", "Gateway:ConfigPath", "MLFLOW_GATEWAY_CONFIG", "MLFLOW_GATEWAY_CONFIG_PATH", "MLFLOW_DEPLOYMENTS_CONFIG"];

    /// <summary>Starts everything, and returns when it was told to stop.</summary>
    public static async Task RunAsync(IReadOnlyList<string> args, Action<string> say)
    {
        var line = CommandLine.Parse(args);
        if (line.Help)
        {
            say(CommandLine.Usage);
            return;
        }

        say($"Packages: {Packages}.");
        var settings = LocalSettings.Load(Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariables());
        say($"Settings: {settings.File ?? "none found"}, and the environment.");
        await using var storage = await StorageStart.PrepareAsync(settings, say, CancellationToken.None);
        await using var demo = line.Demo ? await Demo.StartAsync(settings, say) : null;
        var urls = line.Urls ?? $"http://localhost:{settings.Port ?? 7071}";
        await using var server = await LocalHostServer.StartAsync(settings.Values, urls, interactive: true);
        if (RoutesFile(settings.Values) is { } file)
        {
            say(await RoutesAsync(server.Address, file));
        }

        if (demo is not null)
        {
            await demo.CreateRoutesAsync(server.Address, say);
        }

        say($"Listening: {string.Join(", ", server.Addresses)}");
        say("Stop: Ctrl-C");
        say($"Try: {Curl(server.Address, line.Demo)}");
        await server.WaitForShutdownAsync();
    }

    /// <summary>What went wrong at the start, in one sentence.</summary>
    public static string Explain(Exception exception) => exception switch
    {
        StartException start => start.Message,
        OptionsValidationException options => string.Join(Environment.NewLine, options.Failures),
        IOException { InnerException: AddressInUseException } busy =>
            $"{busy.Message.TrimEnd('.')}: stop the program that holds it, or choose another address with --urls.",
        _ => $"The gateway could not start: {exception.Message}",
    };

    // eng/azure-packages.targets chose them when this was built.
    private static string Packages =>
        typeof(Launch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "AzurePackages").Value == "official"
            ? "the official ones of Azure Functions and Table Storage"
            : "the stand-ins of eng/standins for those of Azure Functions and Table Storage, which the package sources lacked; good for this machine alone";

    private static string? RoutesFile(Dictionary<string, string?> settings) =>
        RoutesFileNames.Select(name => settings.GetValueOrDefault(name)).FirstOrDefault(path => !string.IsNullOrEmpty(path));

    // In Azure a gateway serves on with what it had; whoever starts one by hand wants to know now.
    private static async Task<string> RoutesAsync(Uri gateway, string file)
    {
        using var client = new HttpClient { BaseAddress = gateway };
        using var answer = await client.GetAsync(new Uri("health", UriKind.Relative));
        var health = JsonNode.Parse(await answer.Content.ReadAsStringAsync());
        return (string?)health?["config"] is { } trouble
            ? throw new StartException($"The routes file {file} cannot be used: {trouble.ReplaceLineEndings("; ").TrimEnd('.')}. Mend the file, or unset Gateway__ConfigPath to start without it.")
            : (bool?)health?["config_pending"] == true
                ? $"Routes: {file} is not imported yet; it is tried again until it is. {(string?)health["detail"] ?? "Another instance may be importing it."}"
                : answer.StatusCode == HttpStatusCode.OK
                    ? $"Routes: imported from {file}; a change of the file is taken within seconds."
                    : $"Routes: imported from {file}, but storage does not answer now: {(string?)health?["detail"]}";
    }

    private static string Curl(Uri address, bool demo) => demo
        ? $$"""curl -s {{address}}gateway/demo-chat/invocations -H 'Content-Type: application/json' -d '{"messages":[{"role":"user","content":"Hello"}]}'"""
        : $"curl -s {address}api/2.0/gateway/routes/";
}

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.LocalHost;

/// <summary>The way from a command line to a running gateway, told line by line.</summary>
internal static class Launch
{
    /// <summary>Starts everything, and returns when it was told to stop.</summary>
    public static async Task RunAsync(IReadOnlyList<string> args, Action<string> say)
    {
        var line = CommandLine.Parse(args);
        if (line.Help)
        {
            say(CommandLine.Usage);
            return;
        }

        var settings = LocalSettings.Load(Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariables());
        say($"Settings: {settings.File ?? "none found"}, and the environment.");
        await using var storage = await StorageStart.PrepareAsync(settings, say, CancellationToken.None);
        await using var demo = line.Demo ? await Demo.StartAsync(settings, say) : null;
        var urls = line.Urls ?? $"http://localhost:{settings.Port ?? 7071}";
        await using var server = await LocalHostServer.StartAsync(settings.Values, urls, interactive: true);
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

    private static string Curl(Uri address, bool demo) => demo
        ? $$"""curl -s {{address}}gateway/demo-chat/invocations -H 'Content-Type: application/json' -d '{"messages":[{"role":"user","content":"Hello"}]}'"""
        : $"curl -s {address}api/2.0/gateway/routes/";
}

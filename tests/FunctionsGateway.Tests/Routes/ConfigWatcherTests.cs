using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FunctionsGateway.Tests.Routes;

public sealed class ConfigWatcherTests
{
    [Theory]
    [InlineData("MLFLOW_GATEWAY_CONFIG")]
    [InlineData("MLFLOW_DEPLOYMENTS_CONFIG")]
    public async Task Imports_the_file_before_the_start_is_over_and_again_when_it_changes(string setting)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, Yaml("a"));
        var time = new ManualTime();
        var store = new MemoryRouteStore(time);
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(setting, (string?)path)]).Build())
            .AddSingleton(Microsoft.Extensions.Options.Options.Create(Some.Options()))
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IRouteStore>(store)
            .AddSingleton(Some.Validator())
            .AddRoutes();
        await using var provider = services.BuildServiceProvider();
        var watcher = Assert.Single(provider.GetServices<IHostedService>());

        var start = watcher.StartAsync(default);
        while (!start.IsCompleted)
        {
            // The file is looked at twice, a moment apart.
            await Task.Delay(10);
            time.Advance(TimeSpan.FromMilliseconds(20));
        }

        await start;
        Assert.NotNull(await provider.GetRequiredService<RouteBook>().FindAsync("a", default));

        await File.WriteAllTextAsync(path, Yaml("b"));
        while (await store.FindAsync("b", default) is null)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            await Task.Yield();
        }

        await watcher.StopAsync(default);
        File.Delete(path);
    }

    private static string Yaml(string name) =>
        $"endpoints: [{{name: {name}, endpoint_type: llm/v1/chat, model: {{provider: openai, config: {{openai_api_key: $TEST_API_KEY}}}}}}]";
}

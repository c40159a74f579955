using System.Collections;
using FunctionsGateway.LocalHost;

namespace FunctionsGateway.Tests.Porch;

public sealed class LocalHostTests
{
    [Fact]
    public async Task Starts_on_a_free_port_and_answers()
    {
        await using var server = await LocalHostServer.StartAsync(Settings());
        using var client = new HttpClient { BaseAddress = server.Address };

        using var answer = await client.GetAsync("health/live");

        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Names_the_remedy_when_its_port_is_taken()
    {
        await using var first = await LocalHostServer.StartAsync(Settings());

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => LocalHostServer.StartAsync(Settings(), first.Address.ToString()));

        Assert.Contains("--urls", Launch.Explain(fault), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_the_users_settings_before_the_sample_and_the_environment_before_both()
    {
        var folder = Directory.CreateTempSubdirectory();
        var below = folder.CreateSubdirectory("below");
        File.WriteAllText(Path.Combine(folder.FullName, "local.settings.sample.json"), """{"Values":{"A":"sample"}}""");

        Assert.Equal("sample", LocalSettings.Load(below.FullName, new Hashtable()).Values["A"]);

        File.WriteAllText(Path.Combine(folder.FullName, "local.settings.json"), """{"Values":{"A":"own","B":"own",/* a remark */},"Host":{"LocalHttpPort":7100}}""");
        var settings = LocalSettings.Load(below.FullName, new Hashtable { ["B"] = "environment" });

        Assert.Equal(("own", "environment", 7100), (settings.Values["A"], settings.Values["B"], settings.Port));
        Assert.Equal(folder.FullName, settings.Root);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Says_which_settings_file_is_broken()
    {
        var folder = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(folder.FullName, "local.settings.json"), "{");

        var fault = Assert.Throws<StartException>(() => LocalSettings.Load(folder.FullName, new Hashtable()));

        Assert.Contains("mend it, or delete it", fault.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Refuses_an_option_that_it_does_not_know() =>
        Assert.Contains("--help", Assert.Throws<StartException>(() => CommandLine.Parse(["--port"])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:notaport")]
    [InlineData("https://localhost:7071")]
    [InlineData("7071")]
    public void Refuses_an_address_that_is_none(string url) =>
        Assert.Contains(url, Assert.Throws<StartException>(() => CommandLine.Parse(["--urls", url])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("http://+:8080")]
    [InlineData("http://0.0.0.0:8080;http://[::1]:0")]
    public void Takes_every_address_that_Kestrel_takes(string url) => Assert.Equal(url, CommandLine.Parse([$"--urls={url}"]).Urls);

    [Fact]
    public void Reads_its_options() =>
        Assert.Equal(new CommandLine("http://127.0.0.1:1", true, false), CommandLine.Parse(["--demo", "--urls", "http://127.0.0.1:1"]));

    [Theory]
    [InlineData("UseDevelopmentStorage=true", null, "UseDevelopmentStorage=true")]
    [InlineData("UseDevelopmentStorage=true", "memory", "memory")]
    [InlineData("a", "", "a")]
    public void Prefers_the_gateways_storage_to_the_hosts(string host, string? own, string wanted) =>
        Assert.Equal(wanted, StorageStart.Wanted(new() { ["AzureWebJobsStorage"] = host, ["GatewayStorage"] = own }));

    [Fact]
    public void Leaves_storage_by_identity_alone() =>
        Assert.Null(StorageStart.Wanted(new() { ["AzureWebJobsStorage"] = "a", ["GatewayStorage__tableServiceUri"] = "https://x" }));

    private static Dictionary<string, string?> Settings() => new()
    {
        ["GatewayStorage"] = "memory",
        ["Gateway__Access__Anonymous"] = "true",
    };
}

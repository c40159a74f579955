using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary>What <c>dotnet publish</c> makes of the app: the folder that Flex Consumption takes as a zip, or a sentence that says why not.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("publish").FullName;

    [Fact]
    public void Gives_the_package_or_says_why_not()
    {
        // There is a local.settings.json that must stay here.
        var own = Repository.PathOf("local.settings.json");
        var isMade = !File.Exists(own);
        if (isMade)
        {
            File.Copy(Repository.PathOf("local.settings.sample.json"), _folder + ".json");
            File.Move(_folder + ".json", own);
        }

        try
        {
            Publish();
        }
        finally
        {
            if (isMade)
            {
                File.Delete(own);
            }
        }
    }

    [Fact]
    public void Leaves_nothing_for_azd_to_write_into_the_project() =>
        Assert.Matches("<UserSecretsId>[a-z-]+</UserSecretsId>", Repository.Read("src/FunctionsGateway.App/FunctionsGateway.App.csproj"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Publish()
    {
        var content = JsonNode.Parse(Repository.Run("dotnet", ["msbuild", "src/FunctionsGateway.App", "-getItem:None", "-nodeReuse:false"]).Output)!["Items"]!["None"]!.AsArray();
        Assert.Equal("Never", (string?)Assert.Single(content, item => (string?)item!["Link"] == "local.settings.json")!["CopyToPublishDirectory"]);

        var (status, output, _) = Repository.Run("dotnet", ["publish", "src/FunctionsGateway.App", "-c", "Release", "-o", _folder, "--no-restore", "-nodeReuse:false"], mayFail: true,
            environment: new Dictionary<string, string?> { ["DOTNET_CLI_UI_LANGUAGE"] = "en", ["MSBUILDTERMINALLOGGER"] = "off" });

        if (status != 0)
        {
            Assert.Contains("This build uses the stand-ins of eng/standins, which cannot run in Azure. Publish where the official packages can be restored", output, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
            return;
        }

        foreach (var file in new[] { "host.json", "worker.config.json", "functions.metadata", "extensions.json", "FunctionsGateway.App.dll", "FunctionsGateway.dll", ".azurefunctions/Microsoft.Azure.WebJobs.Extensions.FunctionMetadataLoader.dll" })
        {
            Assert.True(File.Exists(Path.Combine(_folder, file)), $"{file} is not in the package.");
        }

        Assert.Equal(Repository.Read("host.json"), File.ReadAllText(Path.Combine(_folder, "host.json")).ReplaceLineEndings("\n"));
        Assert.Contains("FunctionsGateway.App.dll", File.ReadAllText(Path.Combine(_folder, "worker.config.json")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "local.settings.json")), "local.settings.json may not leave the machine.");
    }
}

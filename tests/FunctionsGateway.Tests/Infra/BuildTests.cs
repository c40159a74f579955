using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary>The build's own rules: which packages it takes, and what <c>func start</c> builds at the root.</summary>
public sealed class BuildTests : IDisposable
{
    private const string Missing = "echo 'probe.csproj : error NU1101: Unable to find package Microsoft.Azure.Functions.Worker.'; exit 1";
    private const string NoNetwork = "echo 'probe.csproj : error NU1301: Unable to load the service index.'; exit 1";

    private readonly string _root = Directory.CreateTempSubdirectory("build").FullName;

    public BuildTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "eng/probe"));
        foreach (var file in new[] { "eng/azure-packages.props", "eng/azure-packages.targets", "eng/probe/probe.csproj", "Directory.Packages.props", "Directory.Build.rsp", "func.csproj", "FunctionsGateway.sln" })
        {
            File.Copy(Repository.PathOf(file), Path.Combine(_root, file));
        }

        Write("any/any.proj", "<Project><Import Project=\"../eng/azure-packages.props\" /><Import Project=\"../eng/azure-packages.targets\" /></Project>");
    }

    [PosixTheory]
    [InlineData("exit 0", "official")]
    [InlineData(Missing, "standin")]
    public void Takes_what_the_package_sources_have(string probe, string choice)
    {
        Assert.Contains("Azure packages: ", Choose(probe, 0), StringComparison.Ordinal);

        Assert.Equal(choice, Chosen);
    }

    [PosixTheory]
    [InlineData(NoNetwork)]
    [InlineData("echo 'a : error NU1101: Unable to find package x.'; " + NoNetwork)]
    public void Stops_with_a_sentence_when_it_cannot_be_found_out(string probe)
    {
        var output = Choose(probe, 1);

        Assert.Contains("could not be found out: error NU1301: Unable to load the service index.", output, StringComparison.Ordinal);
        Assert.Contains("decide yourself with -p:AzurePackages=official", output, StringComparison.Ordinal);
    }

    [PosixFact]
    public void Looks_again_when_what_decides_has_changed_and_daily_while_on_stand_ins()
    {
        Choose(Missing, 0);
        Assert.DoesNotContain("Azure packages", Choose(NoNetwork, 0), StringComparison.Ordinal);

        var found = File.ReadAllText(Path.Combine(_root, "artifacts/azure-packages.txt")).Trim().Split(' ');
        Write("artifacts/azure-packages.txt", $"standin 2020-01-01 {found[2]}");
        Assert.Contains("still standin, since looking again failed", Choose(NoNetwork, 0), StringComparison.Ordinal);

        Write("artifacts/azure-packages.txt", $"standin 2020-01-01 {found[2]}");
        Choose("exit 0", 0);
        Assert.Equal("official", Chosen);
        Write("artifacts/azure-packages.txt", $"official 2020-01-01 {found[2]}");
        Assert.DoesNotContain("Azure packages", Choose(Missing, 0), StringComparison.Ordinal);

        File.AppendAllText(Path.Combine(_root, "Directory.Packages.props"), "<!-- another version -->");
        Choose(Missing, 0);
        Assert.Equal("standin", Chosen);
    }

    [PosixFact]
    public void Asks_nobody_when_it_is_told()
    {
        Assert.DoesNotContain("Azure packages", Choose(NoNetwork, 0, "-p:AzurePackages=standin"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_root, "artifacts/azure-packages.txt")));
    }

    [Theory]
    [InlineData("-t:Restore", "Restore of the app")]
    [InlineData(null, "Build of the app")]
    [InlineData("-t:Clean", "Clean of the app")]
    public void Builds_the_app_at_the_root_where_a_solution_lies_too(string? target, string said)
    {
        Write("app/app.proj", "<Project>" + string.Concat(new[] { "Restore", "Build", "Clean" }.Select(name => $"<Target Name=\"{name}\"><Message Importance=\"high\" Text=\"{name} of the app\" /></Target>")) + "</Project>");
        string[] arguments = target is null ? ["-p:App=app/app.proj"] : [target, "-p:App=app/app.proj"];

        Assert.Contains(said, MSBuild(0, arguments), StringComparison.Ordinal);

        // Else MSBuild does not know which of the two is meant, and neither does `func start`.
        File.Delete(Path.Combine(_root, "Directory.Build.rsp"));
        Assert.Contains("MSB1011", MSBuild(1, arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void Hands_func_the_app_and_its_framework()
    {
        Assert.Equal("src/FunctionsGateway.App/FunctionsGateway.App.csproj", MSBuild(0, "func.csproj", "-getProperty:App").Trim());
        Assert.True(File.Exists(Repository.PathOf("src/FunctionsGateway.App/FunctionsGateway.App.csproj")));
        Assert.Contains($"<TargetFramework>{MSBuild(0, "func.csproj", "-getProperty:TargetFramework").Trim()}</TargetFramework>", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Chosen => File.ReadAllText(Path.Combine(_root, "artifacts/azure-packages.txt")).Split(' ')[0];

    private string Choose(string probe, int status, params string[] more)
    {
        Write("dotnet-in-the-test", $"#!/bin/sh\n{probe}\n");
        var dotnet = Path.Combine(_root, "dotnet-in-the-test");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        return MSBuild(status, ["any/any.proj", "-t:DecideOnAzurePackages", $"-p:DOTNET_HOST_PATH={dotnet}", .. more]);
    }

    private string MSBuild(int status, params string[] arguments)
    {
        var run = Repository.Run("dotnet", ["msbuild", .. arguments, "-nologo", "-nodeReuse:false", "-v:minimal"], folder: _root, mayFail: true,
            environment: new Dictionary<string, string?> { ["DOTNET_CLI_UI_LANGUAGE"] = "en", ["MSBUILDTERMINALLOGGER"] = "off" });
        Assert.True(run.Status == status, $"{run.Status}: {run.Output}{run.Errors}");
        return run.Output;
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, name))!);
        File.WriteAllText(Path.Combine(_root, name), text);
    }
}

/// <summary>A theory that needs a POSIX shell.</summary>
internal sealed class PosixTheoryAttribute : TheoryAttribute
{
    public PosixTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "It needs a POSIX shell." : null;
}

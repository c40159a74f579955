using System.Net;
using System.Net.Sockets;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.LocalHost;

/// <summary>What a person reads when LocalHost, as a process of its own, cannot start: one sentence with the remedy, and no stack.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("start").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Says_who_may_have_the_port()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var (_, errors) = Fail(["--urls", $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}"]);

        Assert.Contains("stop the program that holds it, or choose another address with --urls.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway__Limits__AdmissionWait", "soon")]
    [InlineData("Gateway__MaxBodyBytes", "many")]
    [InlineData("Gateway__Limits__OnStorageFailure", "Hope")]
    public void Names_a_setting_that_cannot_work(string name, string value)
    {
        var (_, errors) = Fail([], (name, value));

        Assert.Contains(name.Split("__")[^1], errors, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("routes: [", "line 1")]
    [InlineData("endpoints:\n  - name: chat\n", "line 2")]
    [InlineData(null, "does not exist")]
    public void Stops_for_a_routes_file_that_cannot_be_used(string? text, string named)
    {
        var file = Path.Combine(_folder, "routes.yaml");
        if (text is not null)
        {
            File.WriteAllText(file, text);
        }

        var (_, errors) = Fail([], ("Gateway__ConfigPath", file));

        Assert.Contains($"The routes file {file} cannot be used:", errors, StringComparison.Ordinal);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.EndsWith("Mend the file, or unset Gateway__ConfigPath to start without it.", errors.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Goes_on_in_memory_without_Node_and_says_so()
    {
        // The missing file ends the start once storage was looked for.
        var (output, _) = Fail([], ("GatewayStorage", "UseDevelopmentStorage=true"), ("PATH", _folder), ("Gateway__ConfigPath", Path.Combine(_folder, "none.yaml")));

        Assert.Contains("Storage: memory; routes and counters are lost at exit, because Azurite cannot be had: ", output, StringComparison.Ordinal);
        Assert.Contains("Node.js", output, StringComparison.Ordinal);
    }

    private static (string Output, string Errors) Fail(string[] arguments, params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string?> { ["GatewayStorage"] = "memory", ["MLFLOW_GATEWAY_CONFIG"] = null };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        string[] address = arguments.Length == 0 ? ["--urls", "http://127.0.0.1:0"] : arguments;
        var (status, output, errors) = Repository.Run(
            Environment.ProcessPath!, ["exec", Path.Combine(AppContext.BaseDirectory, "FunctionsGateway.LocalHost.dll"), .. address], environment: environment, mayFail: true);

        Assert.Equal(1, status);
        Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd().Split('\n'));
        return (output, errors);
    }
}

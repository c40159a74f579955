using System.Text.RegularExpressions;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary>The hooks of <c>azd up</c>, run in a POSIX shell with an <c>az</c> and an <c>azd</c> that only write down what they are asked.</summary>
public sealed partial class HookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hooks").FullName;

    public HookTests()
    {
        // Lists one secret, refuses the first time when told so, and keeps what it is given.
        Program("az", """
            echo "az $*" >> "$LOG"
            case "$*" in
              *"secret list"*) [ -f "$LOG.refused" ] || { touch "$LOG.refused"; [ -z "${REFUSE:-}" ] || { echo "Forbidden" >&2; exit 1; }; }; echo GROQ-API-KEY ;;
              *"secret set"*) while [ $# -gt 0 ]; do [ "$1" = --file ] && cat "$2" >> "$LOG.values" && echo >> "$LOG.values"; shift; done ;;
            esac
            """);
        Program("azd", "echo \"azd $*\" >> \"$LOG\"");
    }

    [PosixFact]
    public void Find_the_keys_that_the_routes_file_names()
    {
        var routes = Path.Combine(_folder, "routes.yaml");
        File.WriteAllText(routes, "endpoints:\n  - name: a\n    openai_api_key: $OPENAI_API_KEY\n    other: ${GROQ_API_KEY}\n    again: $OPENAI_API_KEY\n# not: $OLD_API_KEY\n");

        Run("preprovision", ("GATEWAY_ROUTES_FILE", routes));

        Assert.Equal("azd env set GATEWAY_SECRET_NAMES GROQ_API_KEY,OPENAI_API_KEY\n", Log());
    }

    [PosixFact]
    public void Say_which_routes_file_is_missing() =>
        Assert.Contains("'none.yaml', which is no file", Run("preprovision", 1, ("GATEWAY_ROUTES_FILE", "none.yaml")).Errors, StringComparison.Ordinal);

    [PosixFact]
    public void Lay_the_routes_file_where_the_build_takes_it()
    {
        var own = Directory.CreateDirectory(Path.Combine(_folder, "copy/infra/hooks")).FullName;
        File.Copy(Repository.PathOf("infra/hooks/prepackage.sh"), Path.Combine(own, "prepackage.sh"));
        File.WriteAllText(Path.Combine(_folder, "copy/my.yaml"), "endpoints: []\n");
        var laid = Path.Combine(_folder, "copy/artifacts/routes.yaml");
        var hook = Path.Combine(own, "prepackage.sh");

        Run(hook, ("GATEWAY_ROUTES_FILE", "my.yaml"));
        Assert.Equal("endpoints: []\n", File.ReadAllText(laid));

        var errors = Run(hook, 1, ("GATEWAY_ROUTES_FILE", "none.yaml")).Errors;
        Assert.Equal("GATEWAY_ROUTES_FILE is 'none.yaml', which is no file: name one, or run: azd env set GATEWAY_ROUTES_FILE ''\n", errors);

        Run(hook, ("GATEWAY_ROUTES_FILE", ""));
        Assert.False(File.Exists(laid), "The file of an earlier deployment may not go along.");
    }

    [PosixFact]
    public void Put_keys_into_the_vault_without_showing_them()
    {
        var (_, output, errors) = Run("postprovision", ("GATEWAY_SECRET_NAMES", "OPENAI_API_KEY,GROQ_API_KEY,XAI_API_KEY"), ("OPENAI_API_KEY", "sk-very-secret"), ("REFUSE", "1"));

        var values = File.ReadAllLines(Path.Combine(_folder, "log.values"));
        Assert.Equal("sk-very-secret", values[0]);
        Assert.Matches("^[0-9a-f]{64}$", values[1]);
        Assert.Contains("--name OPENAI-API-KEY", Log(), StringComparison.Ordinal);
        Assert.Contains("--name gateway-bootstrap", Log(), StringComparison.Ordinal);
        Assert.Contains("Waiting until your role", output, StringComparison.Ordinal);
        Assert.Contains("the vault's GROQ-API-KEY stays", output, StringComparison.Ordinal);
        Assert.Contains("XAI_API_KEY: not set here and not in the vault", errors, StringComparison.Ordinal);
        Assert.All(values, value => Assert.DoesNotContain(value, Log() + output + errors, StringComparison.Ordinal));
    }

    [PosixFact]
    public void Leave_a_private_vault_alone()
    {
        var output = Run("postprovision", ("GATEWAY_NETWORK", "private"), ("GATEWAY_SECRET_NAMES", "OPENAI_API_KEY,XAI_API_KEY")).Output;
        Assert.Contains("is private", output, StringComparison.Ordinal);
        Assert.Contains("put there gateway-bootstrap and: OPENAI-API-KEY,XAI-API-KEY.", output, StringComparison.Ordinal);
        Assert.Equal("", Log());
    }

    [PosixFact]
    public void Print_the_address_and_a_first_request()
    {
        var output = Run("postdeploy", ("SERVICE_API_ENDPOINT", "https://func-x.azurewebsites.net")).Output;

        Assert.Contains("curl -s https://func-x.azurewebsites.net/api/2.0/gateway/routes/ -H \"Authorization: Bearer $KEY\"", output, StringComparison.Ordinal);
    }

    [PosixFact]
    public void Tell_of_no_way_into_a_private_vault_from_outside()
    {
        var output = Run("postdeploy", ("SERVICE_API_ENDPOINT", "https://func-x.azurewebsites.net"), ("GATEWAY_NETWORK", "private")).Output;

        Assert.DoesNotContain("az keyvault", output, StringComparison.Ordinal);
        Assert.Contains("gateway-bootstrap of the vault kv-x, which is private", output, StringComparison.Ordinal);
        Assert.Contains("curl -s https://func-x.azurewebsites.net/api/2.0/gateway/routes/", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("preprovision")]
    [InlineData("postprovision")]
    [InlineData("prepackage")]
    [InlineData("postdeploy")]
    public void Do_the_same_in_both_shells(string hook)
    {
        Assert.Equal(Traits(hook + ".sh"), Traits(hook + ".ps1"));

        // What both must have in common: the variables they read and what they ask of az and azd.
        static string[] Traits(string file) =>
            [.. Trait().Matches(Repository.Read($"infra/hooks/{file}")).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData("preprovision", "if ($file) {", "if ($file {")]
    [InlineData("postprovision", "  exit 0\n}", "  exit 0\n")]
    [InlineData("prepackage", "Set-Location (", "Set-Location ((")]
    [InlineData("postdeploy", "else {", "else {{")]
    public void Are_PowerShell(string hook, string whole, string broken)
    {
        var text = Repository.Read($"infra/hooks/{hook}.ps1");

        Assert.Equal("", Repository.Node("Infra/powershell-check.mjs", text));
        Assert.Contains(whole, text, StringComparison.Ordinal);
        Assert.NotEqual("", Repository.Node("Infra/powershell-check.mjs", text.Replace(whole, broken, StringComparison.Ordinal)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Log() => File.Exists(Path.Combine(_folder, "log")) ? File.ReadAllText(Path.Combine(_folder, "log")) : "";

    private (int Status, string Output, string Errors) Run(string hook, params (string Name, string Value)[] environment) => Run(hook, 0, environment);

    private (int Status, string Output, string Errors) Run(string hook, int status, params (string Name, string Value)[] environment)
    {
        var all = new Dictionary<string, string?>
        {
            ["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}",
            ["LOG"] = Path.Combine(_folder, "log"),
            ["AZURE_KEY_VAULT_NAME"] = "kv-x",
            ["GATEWAY_VAULT_WAIT"] = "0",
        };
        foreach (var (name, value) in environment)
        {
            all[name] = value;
        }

        var run = Repository.Run("sh", [hook.EndsWith(".sh", StringComparison.Ordinal) ? hook : $"infra/hooks/{hook}.sh"], environment: all, mayFail: true);
        Assert.Equal(status, run.Status);
        return run;
    }

    private void Program(string name, string script)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    [GeneratedRegex(@"(GATEWAY|AZURE|SERVICE)_[A-Z_]+|azd? (keyvault secret|env|login)[a-z ]*|--(?!-)[a-z-]+|gateway-bootstrap|routes\.yaml|/[a-z0-9./]*gateway/routes/")]
    private static partial Regex Trait();
}

/// <summary>A test that needs a POSIX shell.</summary>
internal sealed class PosixFactAttribute : FactAttribute
{
    public PosixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "It needs a POSIX shell." : null;
}

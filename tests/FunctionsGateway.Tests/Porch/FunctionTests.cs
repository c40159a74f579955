using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FunctionsGateway.App;
using FunctionsGateway.LocalHost;
using Microsoft.Azure.Functions.Worker;

namespace FunctionsGateway.Tests.Porch;

public sealed partial class FunctionTests
{
    private static readonly IReadOnlyList<HttpFunction> Functions = HttpFunction.FindAll(typeof(App.Invocations).Assembly);

    [Fact]
    public async Task Are_chosen_alike_by_the_host_and_by_aspnet() => Assert.Empty(await DisagreementsAsync(Functions));

    [Fact]
    public async Task Are_chosen_unlike_when_one_is_misnamed()
    {
        var misnamed = Functions.Select(f => f.Name == "Gateway_Anthropic_Various" ? f with { Name = "Gateway_Anthropic_All" } : f);

        Assert.Contains(await DisagreementsAsync([.. misnamed]), d => d.Contains("POST /gateway/anthropic/v1/messages ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Are_chosen_by_LocalHost_as_by_the_host()
    {
        var host = HostRules.Host(Functions);
        var local = HostRules.LocalHost(Functions);

        foreach (var (verb, path) in PathCorpus.Requests())
        {
            Assert.Equal($"{verb} {path} {await host(verb, path)}", $"{verb} {path} {local.Choose(verb, path)?.Name}");
        }
    }

    [Fact]
    public void Are_all_reached_by_the_corpus()
    {
        var local = HostRules.LocalHost(Functions);

        var reached = PathCorpus.Requests().Select(r => local.Choose(r.Verb, r.Path)?.Name).ToHashSet();

        Assert.Empty(Functions.Select(f => f.Name).Except(reached));
        Assert.DoesNotContain(null, reached);
    }

    [Theory]
    [InlineData("POST", "/v1/chat/completions", "V1_Chat")]
    [InlineData("POST", "/V1/Chat/Completions/", "V1_Chat")]
    [InlineData("GET", "/v1/chat/completions", "Zz_Unmatched")]
    [InlineData("OPTIONS", "/v1/chat/completions", "Zz_Unmatched")]
    [InlineData("HEAD", "/health", "Zz_Unmatched")]
    [InlineData("GET", "/", "Zz_Unmatched")]
    [InlineData("GET", "/gateway/routes/", "Gateway_Routes")]
    [InlineData("POST", "/gateway/routes/chat", "Gateway_Routes_Query")]
    [InlineData("POST", "/gateway/openai/invocations", "Invoke_Route")]
    [InlineData("POST", "/gateway/proxy/invocations", "Invoke_Route")]
    [InlineData("POST", "/gateway/proxy/chat/v1/messages", "Gateway_Proxy")]
    [InlineData("POST", "/endpoints/chat/invocations", "Invoke_Endpoint")]
    [InlineData("POST", "/gateway/chat/mlflow/invocations", "Invoke_Mlflow")]
    [InlineData("POST", "/gemini/v1beta/models/chat:streamGenerateContent", "Gemini_StreamGenerateContent")]
    [InlineData("POST", "/gemini/v1beta/models/chat:countTokens", "Gemini_Various")]
    [InlineData("DELETE", "/api/2.0/gateway/routes/chat", "Manage_Routes")]
    [InlineData("POST", "/api/2.0/endpoints/limits/", "Manage_EndpointLimits")]
    [InlineData("PATCH", "/ajax-api/3.0/mlflow/gateway/secrets/update", "Manage_Secrets")]
    [InlineData("POST", "/api/2.0/mlflow/gateway/endpoints/create", "Manage_MlflowEndpoints")]
    [InlineData("GET", "/ajax-api/3.0/mlflow/gateway/supported-models", "Manage_Discovery")]
    [InlineData("GET", "/api/4.0/mlflow/gateway/secrets/list", "Zz_Unmatched")]
    public void Name_what_happened(string verb, string path, string name) =>
        Assert.Equal(name, HostRules.LocalHost(Functions).Choose(verb, path)?.Name);

    [Fact]
    public void Are_few_and_well_named()
    {
        Assert.InRange(Functions.Count, 1, 60);
        Assert.All(Functions, f => Assert.Matches(ValidName(), f.Name));
        Assert.Equal(Functions.Count, Functions.Select(f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal("Zz_Unmatched", Functions[^1].Name);
        Assert.Null(Functions[^1].Verbs);
    }

    [Fact]
    public void Have_templates_that_the_worker_can_take() =>
        Assert.All(Functions, f => Assert.False(f.Route.StartsWith('/') || f.Route.Length == 0, $"{f.Name}: '{f.Route}'"));

    [Fact]
    public void Leave_access_to_the_gateway() => Assert.All(Functions, f => Assert.Equal(AuthorizationLevel.Anonymous, f.Level));

    [Fact]
    public void Outlast_the_longest_stream()
    {
        var host = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")))!;

        Assert.Equal("", HostJson.ReadRoutePrefix(AppContext.BaseDirectory));
        Assert.True(TimeSpan.Parse((string)host["functionTimeout"]!, null) > new DeadlineSettings().StreamLongest);
    }

    private static async Task<IReadOnlyList<string>> DisagreementsAsync(IReadOnlyList<HttpFunction> functions)
    {
        var host = HostRules.Host(functions);
        var aspNet = HostRules.AspNet(functions);
        var found = new List<string>();
        foreach (var (verb, path) in PathCorpus.Requests())
        {
            var (first, second) = (await host(verb, path), await aspNet(verb, path));
            if (first != second)
            {
                found.Add($"{verb} {path} is {first} to the host and {second} to ASP.NET Core: name the more specific function so that it sorts first.");
            }
        }

        return found;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,127}$")]
    private static partial Regex ValidName();
}

using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Import;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

public sealed class ConfigReaderTests
{
    [Fact]
    public void Reads_endpoints_in_every_spelling()
    {
        var file = Read(
            """
            x-common: &openai
              provider: openai
              config: &config {openai_api_key: $TEST_API_KEY}
            endpoints:
              - name: naïve.b-c_d
                endpoint_type: llm/v1/chat
                model: {<<: *openai, name: gpt-4o}
                limit: {renewal_period: 5 minutes, calls: 10}
                colour: ignored
              - name: emb
                type: llm/v1/embeddings
                model: {provider: MLflow_Model_Serving, mlflow_model_serving_config: {model_server_url: "http://localhost:5000"}}
            routes:
              - name: old
                route_type: llm/v1/completions
                model: {provider: OpenAI, name: gpt-4, config: {<<: *config, openai_organization: o}}
            """);

        Assert.Empty(file.Faults);
        Assert.Equal(["naïve.b-c_d", "emb", "old"], file.Entries.Select(entry => entry.Route.Name));
        Assert.Equal([1L, 2L, 3L], file.Entries.Select(entry => entry.Route.Sequence));
        Assert.Equal([RouteType.Chat, RouteType.Embeddings, RouteType.Completions], file.Entries.Select(entry => entry.Route.Type!.Value));
        Assert.Equal(["openai", "mlflow-model-serving", "openai"], file.Entries.Select(entry => entry.Route.Targets[0].Provider));
        Assert.Equal(new Limit(10, "5 minutes", null), Assert.Single(file.Entries[0].Route.Limits));
        Assert.Equal("o", (string?)file.Entries[2].Route.Targets[0].Config["openai_organization"]);
        Assert.Equal("$TEST_API_KEY", (string?)file.Entries[2].Route.Targets[0].Config["openai_api_key"]);
        Assert.Equal(
            [
                "The 'routes' configuration key has been deprecated and will be removed in an upcoming release. Use 'endpoints' instead.",
                "The 'route_type' configuration key has been deprecated and will be removed in an upcoming release. Use 'endpoint_type' instead.",
            ],
            file.Warnings);
    }

    [Fact]
    public void Reads_a_traffic_route_as_an_endpoint_with_weights()
    {
        var file = Read(Two + """

            routes:
              - {name: r, task_type: llm/v1/chat, destinations: [{name: a, traffic_percentage: 80}, {name: b, traffic_percentage: 20}], routing_strategy: TRAFFIC_SPLIT, gateway_options: {sticky: caller} }
            """);

        Assert.Empty(file.Faults);
        Assert.Empty(file.Warnings);
        var route = file.Entries[2].Route;
        Assert.True(route is { Name: "r", IsTrafficRoute: true, IsSplit: true, Sequence: 3, Options.Sticky: "caller" });
        Assert.Equal([("a", 80d, "one"), ("b", 20d, "two")], route.Targets.Select(target => (target.Destination!, target.Weight, target.Model!)));
    }

    [Fact]
    public void Warns_of_a_deadline_that_the_front_end_does_not_keep()
    {
        string Entry(string total) => $$$"""
            endpoints:
              - {name: a, endpoint_type: llm/v1/chat, model: {provider: openai, config: {openai_api_key: $TEST_API_KEY} }, gateway_options: {deadlines: {total: "{{{total}}}"} } }
            """;

        Assert.Empty(Read(Entry("00:03:50")).Warnings);
        var warning = Assert.Single(Read(Entry("00:03:51")).Warnings);
        Assert.StartsWith("The entry 'a' (line 2): gateway_options.deadlines.total is 00:03:51, but Azure's front end", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_every_fault_with_its_line()
    {
        var file = Read(
            """
            endpoints:
              - name: a
                endpoint_type: llm/v1/chat
                model:
                  provider: openai
                  config:
                    openai_api_key: $UNSET_API_KEY
              - name: bang!name
                endpoint_type: invalid/route
                model: {provider: my_provider}
              - name: a
                endpoint_type: llm/v1/chat
                model: {provider: openai}
                limit: {calls: -1, renewal_period: minute}
            """);

        Assert.Empty(file.Entries);
        Assert.Equal(
            [
                "line 7: The gateway configuration is invalid: endpoints.0.model.config.openai_api_key: Environment variable 'UNSET_API_KEY' is not set",
                "line 8: The gateway configuration is invalid: endpoints.1.name: The route name provided contains disallowed characters for a url endpoint. 'bang!name' is invalid. Names cannot contain spaces or any non alphanumeric characters other than hyphen and underscore.",
                "line 9: The gateway configuration is invalid: endpoints.1.endpoint_type: The route_type 'invalid/route' is not supported.",
                "line 10: The gateway configuration is invalid: endpoints.1.model.provider: The provider 'my_provider' is not supported.",
                "line 11: Duplicate names found in endpoint configurations. Please remove the duplicate endpoint name from the configuration to ensure that endpoints are created properly. ('a')",
                "line 13: The gateway configuration is invalid: endpoints.2.model.config: A config must be supplied when setting a provider. The provider entry for openai is incorrect.",
                "line 14: The gateway configuration is invalid: endpoints.2.limit: Failed to parse the rate limit configuration.Please make sure limit.calls is a positive number andlimit.renewal_period is a right granularity",
            ],
            file.Faults.Select(fault => fault.ToString()));
    }

    [Theory]
    [InlineData("[{name: a, traffic_percentage: 80}, {name: b, traffic_percentage: 10}]", "For each route configuration, the traffic percentage sum of destinations must be 100, but got invalid configuration of route 'r'.")]
    [InlineData("[{name: a, traffic_percentage: 100}, {name: x, traffic_percentage: 0}]", "The route destination name must be a endpoint name, but the route 'r' has an invalid destination name 'x'.")]
    [InlineData("[{name: a, traffic_percentage: 50}, {name: e, traffic_percentage: 50}]", "The route destination endpoint types in the route 'r' must have endpoint type 'llm/v1/chat' but got endpoint type 'llm/v1/embeddings'.")]
    [InlineData("[{name: a, traffic_percentage: -1}, {name: b, traffic_percentage: 101}]", "The route destination traffic percentage must between 0 and 100.")]
    public void Refuses_a_traffic_route_in_the_words_of_MLflow(string destinations, string text)
    {
        var file = Read($$$"""
            {{{Two}}}
              - {name: e, endpoint_type: llm/v1/embeddings, model: {provider: openai, config: {openai_api_key: $TEST_API_KEY} } }
            routes:
              - {name: r, task_type: llm/v1/chat, destinations: {{{destinations}}} }
            """);

        Assert.All(file.Faults, fault => Assert.EndsWith(text, fault.Message, StringComparison.Ordinal));
        Assert.NotEmpty(file.Faults);
    }

    [Theory]
    [InlineData("endpoints:\n\t- name: a", 2)]
    [InlineData("endpoints: [", 1)]
    [InlineData("a: 1\n---\nb: 2", 3)]
    public void Refuses_what_is_no_YAML(string text, long line)
    {
        var fault = Assert.Single(Read(text).Faults);

        Assert.StartsWith("The file at gateway.yaml is not a valid yaml file", fault.Message, StringComparison.Ordinal);
        Assert.Equal(line, fault.Line);
    }

    [Theory]
    [InlineData("", "the file should be a mapping with 'endpoints'")]
    [InlineData("- a", "the file should be a mapping with 'endpoints'")]
    [InlineData("other: 1", "endpoints: Field required")]
    [InlineData("endpoints: 5", "endpoints: Input should be a valid list")]
    public void Refuses_a_file_without_endpoints(string text, string why) =>
        Assert.Equal($"The gateway configuration is invalid: {why}", Assert.Single(Read(text).Faults).Message);

    [Fact]
    public void Refuses_a_key_that_is_the_path_of_a_file_and_never_reads_it()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "sk-canary");

        var fault = Assert.Single(Read($$$"""endpoints: [{name: a, endpoint_type: llm/v1/chat, model: {provider: openai, config: {openai_api_key: "{{{path}}}" } } }]""").Faults);

        Assert.Contains("outside of Gateway__Secrets__FileRoot", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Accepts_reserved_names_with_a_warning()
    {
        var file = Read("endpoints: [{name: limits, endpoint_type: llm/v1/chat, model: {provider: openai, config: {openai_api_key: $TEST_API_KEY}}}]");

        Assert.Empty(file.Faults);
        Assert.StartsWith("The name 'limits' (line 1)", Assert.Single(file.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_document_that_multiplies_itself()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Contains("too large", Assert.Single(Read(bomb).Faults).Message, StringComparison.Ordinal);
    }

    private const string Two = """
        endpoints:
          - {name: a, endpoint_type: llm/v1/chat, model: {provider: openai, name: one, config: {openai_api_key: $TEST_API_KEY}}}
          - {name: b, endpoint_type: llm/v1/chat, model: {provider: openai, name: two, config: {openai_api_key: $OTHER_API_KEY}}}
        """;

    private static ConfigFile Read(string text) => Some.Reader(new ManualTime()).Read("gateway.yaml", text);
}

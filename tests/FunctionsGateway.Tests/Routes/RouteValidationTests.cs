using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

/// <summary>What is refused, over HTTP, in which words.</summary>
public sealed class RouteValidationTests : IAsyncLifetime
{
    private const string Model = """ "model":{"provider":"openai","config":{"openai_api_key":"$TEST_API_KEY"}} """;
    private readonly MemoryRouteStore _store = new(new ManualTime());
    private RouteServer _server = null!;

    public async Task InitializeAsync() => _server = await RouteServer.StartAsync(_store);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Names_all_faults_at_once()
    {
        var answer = await PostAsync(
            """
            {"name":"bang!name","route_type":"invalid/route","model":{"name":1,"provider":"my_provider"},
             "limits":[{"calls":-1,"renewal_period":"minute"},{"renewal_period":"fortnight","key":"x"}],"token_limits":[{"tokens":1.5,"renewal_period":"day"}],
             "gateway_options":{"answer_shape":"x","max_output_tokens":0,"deadlines":{"total":"soon"},"color":1,"allow_proxy":"yes"}}
            """);

        Assert.Equal(422, answer.Status);
        Assert.Equal(
            [
                "name: value_error: The route name provided contains disallowed characters for a url endpoint. 'bang!name' is invalid. Names cannot contain spaces or any non alphanumeric characters other than hyphen and underscore.",
                "route_type: value_error: The route_type 'invalid/route' is not supported.",
                "model.name: string_type: Input should be a valid string",
                "model.provider: value_error: The provider 'my_provider' is not supported.",
                "limits.0: value_error: Failed to parse the rate limit configuration.Please make sure limit.calls is a positive number andlimit.renewal_period is a right granularity",
                "limits.1.calls: missing: Field required",
                "limits.1.key: literal_error: Input should be 'user', 'route' or null",
                "limits.1: value_error: Failed to parse the rate limit configuration.Please make sure limit.calls is a positive number andlimit.renewal_period is a right granularity",
                "token_limits.0.tokens: int_type: Input should be a valid integer",
                "gateway_options.color: extra_forbidden: Extra inputs are not permitted",
                "gateway_options.answer_shape: literal_error: Input should be 'candidates' or 'choices'",
                "gateway_options.max_output_tokens: greater_than_equal: Input should be greater than or equal to 1",
                "gateway_options.deadlines.total: time_delta_parsing: Input should be a duration above zero, written hh:mm:ss",
                "gateway_options.allow_proxy: bool_type: Input should be a valid boolean",
            ],
            answer.Faults);
    }

    [Theory]
    [InlineData("{}", "name: missing: Field required", "route_type: missing: Field required", "model: missing: Field required")]
    [InlineData("""{"name":"a","route_type":null,"model":null}""", "route_type: missing: Field required", "model: missing: Field required")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{}}""", "model.provider: missing: A provider must be provided for each gateway route.")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai"}}""", "model.config: missing: A config must be supplied when setting a provider. The provider entry for openai is incorrect.")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","openai_config":{}}}""", "model.openai_config.openai_api_key: missing: Field required")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_key":[42]}}}""", "model.config.openai_api_key: value_error: The api key provided is not a string. Please provide either an environment variable key, a path to a file containing the api key, or the api key itself")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_key":"$UNSET_API_KEY"}}}""", "model.config.openai_api_key: value_error: Environment variable 'UNSET_API_KEY' is not set")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_key":"$PATH"}}}""", "model.config.openai_api_key: value_error: The app setting that 'openai_api_key' names may not serve as a key: Gateway__Secrets__Names allows *_API_KEY,*_API_TOKEN.")]
    [InlineData("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_key":"$TEST_API_KEY\r\nX: y"}}}""", "model.config.openai_api_key: value_error: A key cannot be empty or hold control characters.")]
    [InlineData("""{"name":"Limits","type":"llm/v1/chat","model":{"provider":"serving","serving_config":{"model_server_url":"https://a.example"}}}""", "name: value_error: The route name 'Limits' is reserved, because the gateway's own paths use it.")]
    public async Task Refuses_in_the_words_of_MLflow(string body, params string[] faults)
    {
        var answer = await PostAsync(body);

        Assert.Equal(422, answer.Status);
        Assert.Equal(faults, answer.Faults);
    }

    [Fact]
    public async Task Refuses_a_literal_key_with_400_and_the_remedy()
    {
        var answer = await PostAsync("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_key":"/etc/passwd"}}}""");

        Assert.Equal(400, answer.Status);
        Assert.Contains("'$OPENAI_API_KEY'", answer.Detail, StringComparison.Ordinal);
        Assert.Contains("Gateway__Secrets__AllowInline", answer.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(256, 200)]
    [InlineData(257, 422)]
    public async Task Accepts_names_up_to_256_characters(int length, int status) =>
        Assert.Equal(status, (await PostAsync($$"""{"name":"{{new string('n', length)}}","type":"llm/v1/chat",{{Model}} }""")).Status);

    [Theory]
    [InlineData("a.b-c_d")]
    [InlineData("naïve")]
    public async Task Accepts_names_of_letters_digits_dot_hyphen_and_underscore(string name) =>
        Assert.Equal(200, (await PostAsync($$"""{"name":"{{name}}","type":"llm/v1/chat",{{Model}} }""")).Status);

    [Theory]
    [InlineData("5", 5)]
    [InlineData("5.0", 5)]
    [InlineData("\"5\"", 5)]
    [InlineData("0", 0)]
    public async Task Reads_calls_as_pydantic_does(string calls, int meant)
    {
        var answer = await PostAsync($$"""{"name":"a","type":"llm/v1/chat","limit":{"calls":{{calls}},"renewal_period":"2 hours"},{{Model}} }""");

        Assert.Equal(meant, (int)answer.Json["limit"]!["calls"]!);
        Assert.Equal("2 hours", (string?)answer.Json["limit"]!["renewal_period"]);
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("99999999999999999999")]
    [InlineData("true")]
    public async Task Refuses_calls_that_are_no_whole_number(string calls) =>
        Assert.Equal(["limit.calls: int_type: Input should be a valid integer"], (await PostAsync(
            $$"""{"name":"a","type":"llm/v1/chat","limit":{"calls":{{calls}},"renewal_period":"day"},{{Model}} }""")).Faults);

    [Fact]
    public async Task Refuses_two_limits_that_count_the_same_calls() =>
        Assert.Contains("limits: value_error: Two limits count the same calls", Assert.Single((await PostAsync(
            $$"""{"name":"a","type":"llm/v1/chat","limits":[{"calls":1,"renewal_period":"minute"},{"calls":2,"renewal_period":"1 minutes","key":"route"}],{{Model}} }""")).Faults), StringComparison.Ordinal);

    [Fact]
    public async Task Stores_and_returns_the_gateways_options()
    {
        const string options = """{"answer_shape":"candidates","max_output_tokens":100,"part_tokens":{"image":85,"file":null,"audio":10},"sticky":"caller","deadlines":{"connect":null,"first_byte":"00:00:09","total":null,"stream_idle":null,"stream_longest":null},"allow_proxy":true}""";

        var answer = await PostAsync($$"""{"name":"a","type":"llm/v1/chat","gateway_options":{{options}},{{Model}} }""");

        Assert.Equal(options, answer.Json["gateway_options"]!.ToJsonString());
    }

    [Fact]
    public async Task Stores_no_field_that_the_provider_does_not_know()
    {
        await PostAsync("""{"name":"a","type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_key":"$TEST_API_KEY","other_api_key":"sk-1"}}}""");

        Assert.False((await _store.FindAsync("a", default))!.Targets[0].Config.ContainsKey("other_api_key"));
    }

    [Theory]
    [InlineData("{bad", "application/json", "json_invalid", "1")]
    [InlineData("", "application/json", "missing", null)]
    [InlineData("[1]", null, "model_attributes_type", null)]
    [InlineData("{}", "text/plain", "model_attributes_type", null)]
    [InlineData("{}", "application/x-www-form-urlencoded", "model_attributes_type", null)]
    public async Task Refuses_a_body_that_is_no_JSON_object(string body, string? contentType, string type, string? position)
    {
        var answer = await _server.SendAsync("POST", "/api/2.0/gateway/routes/", body, contentType);

        var fault = Assert.Single(answer.Json["detail"]!.AsArray())!;
        Assert.Equal((422, type), (answer.Status, (string?)fault["type"]));
        Assert.Equal(position is null ? ["body"] : ["body", position], fault["loc"]!.AsArray().Select(part => part!.ToString()));
    }

    [Fact]
    public async Task Refuses_a_nesting_bomb_and_a_giant()
    {
        Assert.Equal(422, (await PostAsync(new string('[', 100_000))).Status);
        Assert.Equal(413, (await PostAsync($$"""{"name":"{{new string('a', 1 << 20)}}"}""")).Status);
    }

    [Theory]
    [InlineData("application/vnd.api+json; charset=utf-8")]
    [InlineData(null)]
    public async Task Reads_JSON_under_the_content_types_of_MLflow(string? contentType) =>
        Assert.Equal(200, (await _server.SendAsync("POST", "/api/2.0/gateway/routes/", $$"""{"name":"a","type":"llm/v1/chat",{{Model}} }""", contentType)).Status);

    [Theory]
    [InlineData("https://api.example/v1", null)]
    [InlineData("http://localhost:5000/x/", null)]
    [InlineData("http://127.0.0.1:5001", null)]
    [InlineData("http://127.0.0.1:5002", "The address must begin with https. To reach a host by http, list it in Gateway__Egress__AllowedHosts")]
    [InlineData("ftp://api.example", "Input should be an absolute https address")]
    [InlineData("/v1", "Input should be an absolute https address")]
    [InlineData("https://user:pw@api.example", "The address cannot hold a user or a password")]
    [InlineData("https://api.example/?k=v", "The address cannot hold a query, a fragment or white space")]
    [InlineData("https://2130706433/", "The host of the address is not in its canonical form")]
    [InlineData("https://0x7f.1/", "The host of the address is not in its canonical form")]
    [InlineData("https://0177.0.0.1/", "The host of the address is not in its canonical form")]
    [InlineData("https://api.example./", "The host of the address is not in its canonical form")]
    [InlineData("https://ＡＰＩ.example/", "The host of the address is not in its canonical form")]
    [InlineData("https://[::ffff:127.0.0.1]/", "The address is none of the public internet. To reach it, list its host in Gateway__Egress__AllowedHosts")]
    public void Judges_the_shape_of_a_base_address(string address, string? fault) =>
        Assert.Equal(fault, BaseAddressRule.Fault(address, "localhost, 127.0.0.1:5001"));

    private Task<RouteServer.Answer> PostAsync(string body) => _server.SendAsync("POST", "/api/2.0/gateway/routes/", body);
}

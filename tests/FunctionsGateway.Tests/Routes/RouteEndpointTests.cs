using FunctionsGateway.Access;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Storage;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Routes;

public sealed class RouteEndpointTests : IAsyncLifetime
{
    private const string Routes = "/api/2.0/gateway/routes/";
    private const string Endpoints = "/api/2.0/endpoints/";
    private const string Chat = """{"name":"chat","route_type":"llm/v1/chat","model":{"name":"gpt-4o","provider":"OpenAI","openai_config":{"openai_api_key":"$TEST_API_KEY"}}}""";
    private const string ChatShown = """{"name":"chat","route_type":"llm/v1/chat","model":{"name":"gpt-4o","provider":"openai"},"route_url":"/gateway/chat/invocations","limit":null}""";

    private readonly MemoryRouteStore _store = new(new ManualTime());
    private RouteServer _server = null!;

    public async Task InitializeAsync() => _server = await RouteServer.StartAsync(_store);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/api/2.0/gateway/routes")]
    [InlineData("/api/2.0/gateway/routes/")]
    public async Task Creates_a_route_and_shows_it_in_the_words_of_every_generation(string path)
    {
        var created = await _server.SendAsync("POST", path, Chat);

        Assert.Equal((200, ChatShown), (created.Status, created.Body));
        Assert.NotNull(created.ETag);
        Assert.Equal(ChatShown, (await _server.SendAsync("GET", Routes + "chat")).Body);
        Assert.Equal($$"""{"routes":[{{ChatShown}}],"next_page_token":null}""", (await _server.SendAsync("GET", Routes)).Body);
        const string endpoint = """{"name":"chat","endpoint_type":"llm/v1/chat","model":{"name":"gpt-4o","provider":"openai"},"endpoint_url":"/gateway/chat/invocations","limit":null}""";
        Assert.Equal(endpoint, (await _server.SendAsync("GET", Endpoints + "chat/")).Body);
        Assert.Equal(endpoint, (await _server.SendAsync("GET", "/api/3.0/gateway/endpoint/chat")).Body);
        Assert.Equal($$"""{"endpoints":[{{endpoint}}],"next_page_token":null}""", (await _server.SendAsync("GET", Endpoints)).Body);
        const string early = """{"name":"chat","type":"llm/v1/chat","model":{"name":"gpt-4o","provider":"openai"}}""";
        Assert.Equal($$"""{"route":{{early}}}""", (await _server.SendAsync("GET", "/gateway/routes/chat")).Body);
        Assert.Equal($$"""{"routes":[{{early}}]}""", (await _server.SendAsync("GET", "/gateway/routes")).Body);
    }

    [Fact]
    public async Task Answers_404_in_the_words_of_the_path()
    {
        const string route = "The route 'x' is not present or active on the server. Please verify the route name.";
        const string endpoint = "The endpoint 'x' is not present or active on the server. Please verify the endpoint name.";
        foreach (var (method, path, text) in new[]
        {
            ("GET", Routes + "x", route), ("GET", Endpoints + "x", endpoint), ("GET", "/gateway/routes/x", route), ("DELETE", Routes + "x", route),
            ("DELETE", Endpoints + "x", endpoint), ("GET", "/api/3.0/gateway/endpoint/x", endpoint), ("GET", "/api/3.0/gateway/route/x", route),
        })
        {
            var answer = await _server.SendAsync(method, path);
            Assert.Equal((404, text), (answer.Status, answer.Detail));
        }

        Assert.Equal(404, (await _server.SendAsync("PUT", Routes + "x", Chat.Replace("\"chat\"", "\"x\"", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task Refuses_a_name_that_is_taken()
    {
        await _server.SendAsync("POST", Routes, Chat);

        var route = await _server.SendAsync("POST", Routes, Chat);
        var endpoint = await _server.SendAsync("POST", Endpoints, Chat);

        Assert.Equal((409, "Route 'chat' already exists."), (route.Status, route.Detail));
        Assert.Equal((409, "Endpoint 'chat' already exists."), (endpoint.Status, endpoint.Detail));
    }

    [Fact]
    public async Task Lets_exactly_one_of_32_creators_of_a_name_win()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => _server.SendAsync("POST", Routes, Chat)));

        Assert.Equal(1, answers.Count(answer => answer.Status == 200));
        Assert.Equal(31, answers.Count(answer => answer.Status == 409));
    }

    [Fact]
    public async Task Removes_a_route_and_lets_it_be_made_again()
    {
        await _server.SendAsync("POST", Routes, Chat);

        Assert.Equal(200, (await _server.SendAsync("DELETE", Routes + "chat")).Status);
        Assert.Equal(404, (await _server.SendAsync("GET", Routes + "chat")).Status);
        Assert.Equal(200, (await _server.SendAsync("POST", Routes, Chat)).Status);
    }

    [Fact]
    public async Task Refuses_a_stale_If_Match_and_accepts_the_current_one()
    {
        var tag = (await _server.SendAsync("POST", Routes, Chat)).ETag;

        var second = await _server.SendAsync("PATCH", Routes + "chat", """{"model":{"name":"gpt-5"}}""", ifMatch: tag);
        Assert.Equal(200, second.Status);
        Assert.NotEqual(tag, second.ETag);
        foreach (var method in new[] { "PUT", "PATCH", "DELETE" })
        {
            Assert.Equal(412, (await _server.SendAsync(method, Routes + "chat", Chat, ifMatch: tag)).Status);
        }

        Assert.Equal(200, (await _server.SendAsync("DELETE", Routes + "chat", ifMatch: $"\"other\", {second.ETag}")).Status);
    }

    [Fact]
    public async Task Keeps_key_and_limits_when_a_replacement_names_none()
    {
        await _server.SendAsync("POST", Routes, Chat.Replace("\"model\"", """ "limits":[{"calls":5,"renewal_period":"minute"},{"calls":9,"renewal_period":"hour","key":"user"}],"model" """, StringComparison.Ordinal));

        var replaced = await _server.SendAsync("PUT", Endpoints + "chat", """{"endpoint_type":"llm/v1/completions","model":{"name":"gpt-5","provider":"openai","config":{"openai_organization":"o"}}}""");

        Assert.Equal("""{"name":"chat","endpoint_type":"llm/v1/completions","model":{"name":"gpt-5","provider":"openai"},"endpoint_url":"/gateway/chat/invocations","limit":{"calls":5,"renewal_period":"minute","key":null}}""", replaced.Body);
        var stored = (await _store.FindAsync("chat", default))!;
        Assert.Equal("$TEST_API_KEY", (string?)stored.Targets[0].Config["openai_api_key"]);
        Assert.Equal("o", (string?)stored.Targets[0].Config["openai_organization"]);
        Assert.Equal(2, stored.Limits.Count);
        Assert.Equal((2L, 1L), (stored.Version, stored.LimitsVersion));

        // What was read is sent back: the limit that it shows is only the first.
        var shown = (await _server.SendAsync("GET", Routes + "chat")).Json;
        shown["model"]!["config"] = new System.Text.Json.Nodes.JsonObject();
        Assert.Equal(200, (await _server.SendAsync("PUT", Routes + "chat", shown.ToJsonString())).Status);
        Assert.Equal(2, (await _store.FindAsync("chat", default))!.Limits.Count);

        shown["limit"] = null;
        Assert.Equal(200, (await _server.SendAsync("PUT", Routes + "chat", shown.ToJsonString())).Status);
        Assert.Empty((await _store.FindAsync("chat", default))!.Limits);
    }

    [Theory]
    [InlineData("""{"route_type":"llm/v1/chat","model":{"provider":"openai","config":{"openai_api_base":"https://evil.example/v1"}}}""")]
    public async Task Asks_for_the_key_again_when_the_base_URL_changes(string body)
    {
        await _server.SendAsync("POST", Routes, Chat);

        var put = await _server.SendAsync("PUT", Routes + "chat", body);
        var patch = await _server.SendAsync("PATCH", Routes + "chat", """{"model":{"config":{"openai_api_base":"https://evil.example/v1"}}}""");

        Assert.All(new[] { put, patch }, answer =>
        {
            Assert.Equal(400, answer.Status);
            Assert.StartsWith("'openai_api_key' must be sent again", answer.Detail, StringComparison.Ordinal);
        });
        Assert.Null((await _store.FindAsync("chat", default))!.Targets[0].Config["openai_api_base"]);
    }

    [Fact]
    public async Task Asks_for_the_key_when_the_provider_changes_to_one_that_needs_it()
    {
        await _server.SendAsync("POST", Routes, """{"name":"s","route_type":"llm/v1/chat","model":{"provider":"mlflow-model-serving","config":{"model_server_url":"http://localhost:5000"}}}""");

        var answer = await _server.SendAsync("PATCH", Routes + "s", """{"model":{"provider":"openai","config":{}}}""");

        Assert.Equal(400, answer.Status);
        Assert.Contains("'openai_api_key'", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merges_a_patch_and_takes_limits_away_by_null()
    {
        await _server.SendAsync("POST", Routes, Chat.Replace("\"model\"", """ "limit":{"calls":5,"renewal_period":"minute"},"model" """, StringComparison.Ordinal));

        await _server.SendAsync("PATCH", Routes + "chat", """{"limit":{"calls":7},"gateway_options":{"max_output_tokens":100}}""");
        var stored = (await _store.FindAsync("chat", default))!;
        Assert.Equal(new Limit(7, "minute", null), Assert.Single(stored.Limits));
        Assert.Equal(100, stored.Options.MaxOutputTokens);
        Assert.Equal(("gpt-4o", "$TEST_API_KEY"), (stored.Targets[0].Model, (string?)stored.Targets[0].Config["openai_api_key"]));

        await _server.SendAsync("PATCH", Routes + "chat", """{"limit":null}""");
        stored = (await _store.FindAsync("chat", default))!;
        Assert.Empty(stored.Limits);
        Assert.Equal(100, stored.Options.MaxOutputTokens);
    }

    [Fact]
    public async Task Returns_no_key_and_no_reference_in_any_answer()
    {
        await using var server = await RouteServer.StartAsync(_store, new GatewayOptions { Secrets = new() { AllowInline = true } });
        var body = Chat.Replace("$TEST_API_KEY", "sk-canary", StringComparison.Ordinal);
        var answers = new List<RouteServer.Answer>
        {
            await server.SendAsync("POST", Routes, body),
            await server.SendAsync("POST", Routes, body),
            await server.SendAsync("POST", Routes, body.Replace("llm/v1/chat", "sk", StringComparison.Ordinal)),
            await server.SendAsync("POST", Routes, """{"model":{"openai_api_key":"sk-canary","config":"sk-canary","provider":"openai"},"limit":"sk-canary"}"""),
            await server.SendAsync("POST", Routes, """{"name":"x","model":{"provider":"openai","config":{"openai_api_key":"$sk-canary"}}}"""),
        };
        foreach (var path in new[] { Routes, Endpoints, "/gateway/routes", Routes + "chat", Endpoints + "chat", "/gateway/routes/chat", "/api/3.0/gateway/endpoint/chat" })
        {
            answers.Add(await server.SendAsync("GET", path));
        }

        Assert.All(answers, answer =>
        {
            Assert.DoesNotContain("sk-canary", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("TEST_API_KEY", answer.Body, StringComparison.Ordinal);
        });
        Assert.Equal("sk-canary", (string?)(await _store.FindAsync("chat", default))!.Targets[0].Config["openai_api_key"]);
    }

    [Fact]
    public async Task Leaves_rows_of_the_file_and_rows_of_several_models_to_those_who_made_them()
    {
        var route = Some.Route("chat");
        await _store.CommitAsync(
            [
                new RouteEdit("filed", Some.Route("filed") with { Source = "file" }, null),
                new RouteEdit("several", route with { Name = "several", Type = null, Targets = [route.Targets[0] with { IsFallback = true, Model = "second" }, route.Targets[0]] }, null),
            ],
            null,
            default);

        foreach (var method in new[] { "PUT", "PATCH", "DELETE" })
        {
            var answer = await _server.SendAsync(method, Routes + "filed", Chat.Replace("\"chat\"", "\"filed\"", StringComparison.Ordinal));
            Assert.Equal((409, "Route 'filed' comes from the configuration file (source 'file'); change it there."), (answer.Status, answer.Detail));
        }

        Assert.Equal(409, (await _server.SendAsync("PUT", Routes + "several", Chat.Replace("\"chat\"", "\"several\"", StringComparison.Ordinal))).Status);
        Assert.Equal("""{"name":"several","route_type":"llm/v1/chat","model":{"name":"gpt-4o","provider":"openai"},"route_url":"/gateway/several/invocations","limit":null}""", (await _server.SendAsync("GET", Routes + "several")).Body);
    }

    [Fact]
    public async Task Shows_a_traffic_route_only_where_MLflow_does()
    {
        var target = Some.Route("t").Targets[0];
        await _store.CommitAsync([new RouteEdit("t", Some.Route("t") with { IsTrafficRoute = true, IsSplit = true, Source = "file", Targets = [target with { Weight = 80, Destination = "a" }, target with { Weight = 20, Destination = "b" }] }, null)], null, default);

        Assert.Equal(
            """{"name":"t","task_type":"llm/v1/chat","destinations":[{"name":"a","traffic_percentage":80},{"name":"b","traffic_percentage":20}],"routing_strategy":"TRAFFIC_SPLIT"}""",
            (await _server.SendAsync("GET", "/api/3.0/gateway/route/t")).Body);
        Assert.Equal("""{"endpoints":[],"next_page_token":null}""", (await _server.SendAsync("GET", Endpoints)).Body);
        Assert.Equal(404, (await _server.SendAsync("GET", Endpoints + "t")).Status);
        Assert.Equal(404, (await _server.SendAsync("GET", "/api/3.0/gateway/endpoint/t")).Status);
    }

    [Fact]
    public async Task Pages_by_3000_with_tokens_of_MLflow()
    {
        for (var i = 0; i < 3005; i += 95)
        {
            await _store.CommitAsync([.. Enumerable.Range(i, Math.Min(95, 3005 - i)).Select(n => Some.Add($"route_{n}"))], null, default);
        }

        var first = (await _server.SendAsync("GET", Routes)).Json;
        var second = (await _server.SendAsync("GET", Routes + "?page_token=eyJpbmRleCI6IDMwMDB9")).Json;
        var beyond = await _server.SendAsync("GET", Routes + "?page_token=eyJpbmRleCI6IDk5OTk5fQ==");

        Assert.Equal((3000, "eyJpbmRleCI6IDMwMDB9"), (first["routes"]!.AsArray().Count, (string?)first["next_page_token"]));
        Assert.Equal(Enumerable.Range(3000, 5).Select(n => $"route_{n}"), second["routes"]!.AsArray().Select(route => (string?)route!["name"]));
        Assert.Null(second["next_page_token"]);
        Assert.Equal("""{"routes":[],"next_page_token":null}""", beyond.Body);
    }

    [Theory]
    [InlineData("garbage", "The index is not defined as a value that can be represented as a positive integer.")]
    [InlineData("e30=", "The index is not defined as a value that can be represented as a positive integer.")]
    [InlineData("W10=", "The index is not defined as a value that can be represented as a positive integer.")]
    [InlineData("eyJpbmRleCI6IC0xfQ==", "The index cannot be negative.")]
    public async Task Refuses_a_bad_page_token(string token, string why)
    {
        var answer = await _server.SendAsync("GET", $"{Endpoints}?page_token={token}");

        Assert.Equal((400, $"Invalid SearchRoutes token: {token}. {why}"), (answer.Status, answer.Detail));
    }

    [Fact]
    public async Task Shows_a_key_only_the_routes_that_it_may_use()
    {
        await using var server = await RouteServer.StartAsync(_store, caller: new Caller("u", true, false) { Routes = new HashSet<string> { "b" } });
        await _store.CommitAsync([Some.Add("a"), Some.Add("b")], null, default);

        Assert.Equal("b", (string?)(await server.SendAsync("GET", Routes)).Json["routes"]!.AsArray().Single()!["name"]);
        Assert.Equal(404, (await server.SendAsync("GET", Routes + "a")).Status);
    }
}

using System.Text.Json.Nodes;
using FunctionsGateway.ScriptedProvider;

namespace FunctionsGateway.Tests.Security;

public sealed partial class CanaryTests
{
    private const string Hi = """{"messages":[{"role":"user","content":"hello"}]}""";

    [Fact]
    public async Task No_key_is_in_what_the_third_generations_management_says()
    {
        using var ears = new Ears();
        await using var gateway = await StartAsync(ears, ("CANARY_API_KEY", Canary("app setting")));
        _canaries["gateway key"] = gateway.Key;
        gateway.Vault.Set("tagged", Canary("vault"), gateway.Origin);

        foreach (var (name, provider, value) in new[]
        {
            ("literal", "openai", new JsonObject { ["api_key"] = Canary("managed literal") }),
            ("setting", "openai", new JsonObject { ["api_key"] = "$CANARY_API_KEY" }),
            ("vault", "openai", new JsonObject { ["api_key"] = "keyvault:tagged" }),
            ("aws", "bedrock", new JsonObject { ["aws_access_key_id"] = "AKID", ["aws_secret_access_key"] = Canary("managed AWS key"), ["aws_session_token"] = Canary("managed AWS token") }),
            ("nameless", null, new JsonObject { ["api_key"] = Canary("managed literal without a provider") }),
        })
        {
            var id = await IdOfAsync(gateway, "secrets/create", "secret", new JsonObject
            {
                ["secret_name"] = name, ["secret_value"] = value, ["provider"] = provider, ["auth_config"] = new JsonObject { ["api_base"] = $"{gateway.Provider.Address}v1" },
            });
            var model = await IdOfAsync(gateway, "model-definitions/create", "model_definition", new JsonObject
            {
                ["name"] = $"m-{name}", ["secret_id"] = id, ["provider"] = provider ?? "openai", ["model_name"] = "echo",
            });
            await IdOfAsync(gateway, "endpoints/create", "endpoint", new JsonObject
            {
                ["name"] = name, ["model_configs"] = new JsonArray(new JsonObject { ["model_definition_id"] = model, ["linkage_type"] = "PRIMARY", ["weight"] = 1.0 }),
            });
            await TellAsync(gateway, "GET", $"secrets/get?secret_id={id}");
            await TellAsync(gateway, "PATCH", "secrets/update", new JsonObject { ["secret_id"] = id, ["secret_value"] = new JsonObject { ["api_key"] = Canary($"managed change of {name}") } });
            await TellAsync(gateway, "PATCH", "secrets/update", new JsonObject { ["secret_id"] = id, ["auth_config"] = new JsonObject { ["api_base"] = $"https://user:{Canary($"managed password of {name}")}@a.example" } });
            await TellAsync(gateway.SendAsync("POST", $"/gateway/{name}/mlflow/invocations", Hi, ("x-api-key", gateway.Key)));
        }

        // The older generations' keys through the same windows.
        await TellAsync(gateway.CreateRouteAsync("older", Canary("older literal")));
        await TellAsync(gateway.SendAsync("POST", "/api/2.0/gateway/routes/", new JsonObject
        {
            ["name"] = "older-aws", ["route_type"] = "llm/v1/chat",
            ["model"] = new JsonObject
            {
                ["name"] = "m", ["provider"] = "bedrock",
                ["config"] = new JsonObject { ["aws_config"] = new JsonObject { ["aws_access_key_id"] = "AKID", ["aws_secret_access_key"] = Canary("older AWS key") } },
            },
        }.ToJsonString(), ("x-api-key", gateway.Key)));
        foreach (var list in new[] { "secrets/list", "model-definitions/list", "endpoints/list", "endpoints/bindings/list" })
        {
            Assert.Equal(200, await TellAsync(gateway, "GET", list));
        }

        // Where keys do not belong.
        var number = 0;
        foreach (var form in new[] { "$KEY", "keyvault:KEY/nothing", "https://evil.example/secrets/KEY", "file:KEY", "KEY\r\nX-Evil: 1" })
        {
            await TellAsync(gateway, "POST", "secrets/create", new JsonObject
            {
                ["secret_name"] = $"bad-{++number}", ["provider"] = "openai", ["secret_value"] = new JsonObject { ["api_key"] = form.Replace("KEY", Canary($"managed {form}"), StringComparison.Ordinal) },
            });
        }

        foreach (var body in new[]
        {
            """{"secret_name":"x","secret_value":"KEY"}""", """{"secret_name":"x","secret_value":{"api_key":{"a":"KEY"}}}""", """{"secret_name":["KEY"],"secret_value":{}}""", "{\"a\":\"KEY\"", "KEY",
            """{"secret_name":"x","secret_value":{"api_key":"KEY"},"auth_config":"KEY"}""", """{"secret_name":"literal","provider":"openai","secret_value":{"api_key":"KEY"}}""",
            """{"secret_name":"y","provider":"databricks","secret_value":{"client_secret":"KEY"}}""", """{"secret_name":"z","secret_value":{"api_key":"KEY"}}""",
        })
        {
            await TellAsync(gateway.SendAsync("POST", "/api/3.0/mlflow/gateway/secrets/create", body.Replace("KEY", Canary($"managed body {body}"), StringComparison.Ordinal), ("x-api-key", gateway.Key)));
        }

        await ReadRowsAsync(gateway);
        gateway.Vault.Failure = 403;
        await TellAsync(gateway, "POST", "secrets/create", new JsonObject { ["secret_name"] = "w", ["provider"] = "openai", ["secret_value"] = new JsonObject { ["api_key"] = Canary("managed literal for a vault that fails") } });

        AssertSilent(ears);
    }

    [Fact]
    public async Task No_key_is_in_what_native_surfaces_proxies_and_streams_say()
    {
        using var ears = new Ears();
        await using var gateway = await StartAsync(ears);
        _canaries["gateway key"] = gateway.Key;
        foreach (var provider in new[] { "openai", "anthropic", "gemini", "cohere", "mistral" })
        {
            await AddRouteAsync(gateway, provider);
        }

        foreach (var (provider, path, body) in new[]
        {
            ("openai", "/v1/responses", """{"model":"at-openai","input":"hello"}"""),
            ("openai", "/gateway/openai/v1/responses", """{"model":"at-openai","input":"hello"}"""),
            ("openai", "/gateway/openai/v1/chat/completions", """{"model":"at-openai","messages":[{"role":"user","content":"hello"}]}"""),
            ("openai", "/v1/chat/completions", """{"model":"at-openai","messages":[{"role":"user","content":"hello"}]}"""),
            ("openai", "/gateway/at-openai/mlflow/invocations", Hi),
            ("anthropic", "/gateway/anthropic/v1/messages", """{"model":"at-anthropic","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}"""),
            ("anthropic", "/v1/chat/completions", """{"model":"at-anthropic","messages":[{"role":"user","content":"hello"}]}"""),
            ("gemini", "/gateway/gemini/v1beta/models/at-gemini:generateContent", """{"contents":[{"parts":[{"text":"hello"}]}]}"""),
            ("gemini", "/gateway/gemini/v1beta/models/at-gemini:streamGenerateContent", """{"contents":[{"parts":[{"text":"hello"}]}]}"""),
            ("cohere", "/cohere/v2/chat", """{"model":"at-cohere","messages":[{"role":"user","content":"hello"}]}"""),
            ("mistral", "/mistral/v1/chat/completions", """{"model":"at-mistral","messages":[{"role":"user","content":"hello"}]}"""),
            ("openai", "/gateway/proxy/at-openai/v1/chat/completions", """{"model":"at-openai","messages":[{"role":"user","content":"hello"}]}"""),
            ("anthropic", "/gateway/proxy/at-anthropic/v1/messages", """{"model":"at-anthropic","messages":[]}"""),
        })
        {
            await TellAsync(gateway.SendAsync("POST", path, body, ("x-api-key", gateway.Key), ("Cookie", $"a={Canary($"cookie of {path}")}"), ("X-Other", Canary($"header of {path}"))));
            await TellAsync(gateway.SendAsync("POST", $"{path}?key={Canary($"query of {path}")}", body, ("x-goog-api-key", gateway.Key), ("api-key", Canary($"second key of {path}"))));
            await TellAsync(gateway.SendAsync("POST", path, $"{{\"api_key\":\"{Canary($"broken body of {path}")}\"", ("x-api-key", gateway.Key)));
            var key = _canaries[provider];
            foreach (var status in new[] { 400, 401, 404 })
            {
                foreach (var (echo, type) in Echoes(key))
                {
                    gateway.Provider.Clear();
                    gateway.Provider.Enqueue(new Script { Status = status, Body = echo, ContentType = type, Headers = new Dictionary<string, string> { ["X-Echo"] = key } }, times: 3);
                    _time.Skip(TimeSpan.FromSeconds(6));
                    await TellAsync(gateway.SendAsync("POST", path, body, ("x-api-key", gateway.Key)));
                }
            }

            // Errors inside a stream that began well, before the first event and after it.
            var streamed = (JsonObject)JsonNode.Parse(body)!;
            streamed["stream"] = true;
            foreach (var events in ErrorEvents(key))
            {
                gateway.Provider.Clear();
                gateway.Provider.Enqueue(new Script { Body = events, ContentType = "text/event-stream" }, times: 3);
                _time.Skip(TimeSpan.FromSeconds(6));
                await TellAsync(gateway.SendAsync("POST", path, streamed.ToJsonString(), ("x-api-key", gateway.Key)));
            }

            gateway.Provider.Clear();
        }

        AssertSilent(ears);
    }

    [Theory]
    [InlineData("openai", "/v1/responses", """{"model":"at-openai","input":"hello"}""")]
    [InlineData("openai", "/v1/chat/completions", """{"model":"at-openai","messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("openai", "/gateway/at-openai/invocations", Hi)]
    [InlineData("openai", "/gateway/at-openai/mlflow/invocations", Hi)]
    [InlineData("openai", "/gateway/proxy/at-openai/v1/chat/completions", """{"model":"at-openai","messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("anthropic", "/gateway/anthropic/v1/messages", """{"model":"at-anthropic","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("anthropic", "/v1/chat/completions", """{"model":"at-anthropic","messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("anthropic", "/gateway/at-anthropic/invocations", Hi)]
    [InlineData("gemini", "/gateway/gemini/v1beta/models/at-gemini:generateContent", """{"contents":[{"parts":[{"text":"hello"}]}]}""")]
    [InlineData("gemini", "/v1/chat/completions", """{"model":"at-gemini","messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("cohere", "/cohere/v2/chat", """{"model":"at-cohere","messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("cohere", "/v1/chat/completions", """{"model":"at-cohere","messages":[{"role":"user","content":"hello"}]}""")]
    [InlineData("mistral", "/mistral/v1/chat/completions", """{"model":"at-mistral","messages":[{"role":"user","content":"hello"}]}""")]
    public async Task No_key_is_in_a_good_answer_that_repeats_it(string provider, string path, string body)
    {
        using var ears = new Ears();
        await using var gateway = await StartAsync(ears);
        await AddRouteAsync(gateway, provider);
        var key = _canaries[provider];
        foreach (var shown in new[] { key, string.Concat(key.Select(letter => $"\\u{(int)letter:x4}")), string.Concat(key.Select((letter, at) => at % 2 == 0 ? $"\\u{(int)letter:X4}" : $"{letter}")) })
        {
            gateway.Provider.Clear();
            gateway.Provider.Enqueue(new Script
            {
                Body = Answer.Replace("KEY", shown, StringComparison.Ordinal),
                ContentType = "application/json",
                Headers = new Dictionary<string, string> { ["x-ratelimit-foo"] = key, ["anthropic-ratelimit-foo"] = $"for {key}" },
            });
            Assert.True(200 == await TellAsync(gateway.SendAsync("POST", path, body, ("x-api-key", gateway.Key))), _answers[^1]);
        }

        if (path.Contains("proxy", StringComparison.Ordinal))
        {
            gateway.Provider.Enqueue(new Script { Body = $"the key is {key}", ContentType = "text/plain" });
            Assert.Equal(200, await TellAsync(gateway.SendAsync("POST", path, body, ("x-api-key", gateway.Key))));
        }

        AssertRepeatedNowhere();
    }

    [Theory]
    [InlineData("anthropic", "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":0}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"KEY\"}}\n\n")]
    [InlineData("openai", "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"KEY\"}}]}\n\n")]
    public async Task No_key_is_in_a_good_stream_that_repeats_it(string provider, string events)
    {
        using var ears = new Ears();
        await using var gateway = await StartAsync(ears);
        await AddRouteAsync(gateway, provider);
        var key = _canaries[provider];
        foreach (var path in new[] { "/v1/chat/completions", $"/gateway/at-{provider}/mlflow/invocations", $"/gateway/proxy/at-{provider}/v1/{(provider is "anthropic" ? "messages" : "chat/completions")}" })
        {
            foreach (var shown in new[] { key, string.Concat(key.Select(letter => $"\\u{(int)letter:x4}")) })
            {
                gateway.Provider.Clear();
                gateway.Provider.Enqueue(new Script { Body = events.Replace("KEY", shown, StringComparison.Ordinal), ContentType = "text/event-stream" });
                var model = path.EndsWith("invocations", StringComparison.Ordinal) ? "" : $"\"model\":\"at-{provider}\",";
                Assert.True(200 == await TellAsync(gateway.SendAsync("POST", path,
                    $$"""{{{model}}"stream":true,"messages":[{"role":"user","content":"hello"}]}""", ("x-api-key", gateway.Key))), _answers[^1]);
                Assert.True(_answers[^1].Contains("***", StringComparison.Ordinal), $"{path}: {_answers[^1]}");
            }
        }

        AssertRepeatedNowhere();
    }

    // An answer that any of the providers' APIs takes for its own.
    private const string Answer = """
        {"id":"a","object":"chat.completion","created":1,"model":"KEY","type":"message","role":"assistant","status":"completed","stop_reason":"end_turn","finish_reason":"COMPLETE",
         "choices":[{"index":0,"message":{"role":"assistant","content":"your key is KEY"},"finish_reason":"stop"}],
         "content":[{"type":"text","text":"KEY"}],
         "message":{"role":"assistant","content":[{"type":"text","text":"KEY"}]},
         "output":[{"type":"message","id":"KEY","role":"assistant","content":[{"type":"output_text","text":"KEY"}]}],
         "candidates":[{"content":{"role":"model","parts":[{"text":"KEY"}]},"finishReason":"STOP"}],
         "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"input_tokens":1,"output_tokens":1}}
        """;

    private void AssertRepeatedNowhere()
    {
        var leaks = _answers.Where(answer => _canaries.Values.Any(key => Shapes(key).Any(shape => answer.Contains(shape, StringComparison.OrdinalIgnoreCase)))
            || answer.Contains("\\u00", StringComparison.Ordinal)).ToArray();
        Assert.True(leaks.Length == 0, $"{leaks.Length} leaks:\n{string.Join("\n\n", leaks)}");
    }

    private async Task AddRouteAsync(GuardedGateway gateway, string provider)
    {
        var config = new JsonObject { [$"{provider}_api_key"] = Canary(provider), [$"{provider}_api_base"] = provider is "openai" or "mistral" ? $"{gateway.Provider.Address}v1" : gateway.Provider.Address.ToString() };
        Assert.True(200 == await TellAsync(gateway.SendAsync("POST", "/api/2.0/gateway/routes/", new JsonObject
        {
            ["name"] = $"at-{provider}", ["route_type"] = "llm/v1/chat", ["gateway_options"] = new JsonObject { ["allow_proxy"] = true },
            ["model"] = new JsonObject { ["name"] = "echo", ["provider"] = provider, ["config"] = config },
        }.ToJsonString(), ("x-api-key", gateway.Key))), _answers[^1]);
    }

    private static IEnumerable<string> ErrorEvents(string key)
    {
        const string chunk = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
        var error = new JsonObject { ["error"] = new JsonObject { ["message"] = $"Incorrect API key provided: {key}.", ["type"] = key, ["code"] = key } }.ToJsonString();
        var named = new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = "authentication_error", ["message"] = $"bad {key}" } }.ToJsonString();
        var escaped = error.Replace(key, string.Concat(key.Select(letter => $"\\u{(int)letter:x4}")), StringComparison.Ordinal);
        foreach (var begin in new[] { "", chunk })
        {
            yield return $"{begin}data: {error}\n\n";
            yield return $"{begin}event: error\ndata: {named}\n\n";
            yield return $"{begin}data: {escaped}\n\n";
            yield return $"{begin}data: not JSON {key}\n\n";
            yield return $"{begin}event: response.failed\ndata: {{\"type\":\"response.failed\",\"response\":{error}}}\n\n";
        }
    }

    private async Task<int> TellAsync(GuardedGateway gateway, string verb, string operation, JsonObject? body = null) =>
        await TellAsync(gateway.SendAsync(verb, $"/api/3.0/mlflow/gateway/{operation}", body?.ToJsonString(), ("x-api-key", gateway.Key)));

    private async Task<string> IdOfAsync(GuardedGateway gateway, string operation, string member, JsonObject body)
    {
        var (status, json) = await gateway.ManageAsync("POST", operation, body);
        _answers.Add($"answer {status}: {json.ToJsonString()}");
        Assert.True(status == 200, json.ToJsonString());
        return (string)json[member]![$"{member}_id"]!;
    }
}

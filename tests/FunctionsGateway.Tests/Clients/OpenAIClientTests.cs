using System.ClientModel;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Responses;

namespace FunctionsGateway.Tests.Clients;

#pragma warning disable OPENAI001 // the client of responses is new; that it works is what is tested

/// <summary>OpenAI's own client for .NET, unmodified, against every OpenAI-shaped surface over a socket.</summary>
public sealed class OpenAIClientTests : IAsyncLifetime
{
    private const string Hello = "one two three four five";
    private GatewayUnderTest _gateway = null!;

    public static TheoryData<string, string> Bases => new()
    {
        { "v1", "openai" },
        { "v1", "anthropic" },
        { "gateway/mlflow/v1", "openai" },
        { "gateway/mlflow/v1", "anthropic" },
        { "gateway/openai/v1", "openai" },
        { "openai/v1", "openai" },
        { "mistral/v1", "mistral" },
        { "openai/deployments/{model}", "openai" },
        { "openai/deployments/{model}", "anthropic" },
    };

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:10"));
        foreach (var provider in (string[])["openai", "anthropic", "mistral"])
        {
            await _gateway.AddRouteAsync(provider, null, provider: provider);
            await _gateway.AddRouteAsync(provider + "-tool", null, "tool", provider);
            await _gateway.AddRouteAsync(provider + "-refuses", null, "status=400", provider);
            await _gateway.AddRouteAsync(provider + "-stalls", null, "stall=3", provider);
        }
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Chats(string path, string provider)
    {
        ChatCompletion answer = await Chat(path, provider).CompleteChatAsync(Hello);

        Assert.Equal(Hello, answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.True(answer.Usage.TotalTokenCount > 0);
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Streams_a_chat(string path, string provider)
    {
        var (text, finish) = ("", default(ChatFinishReason?));
        await foreach (var update in Chat(path, provider).CompleteChatStreamingAsync(Hello))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finish ??= update.FinishReason;
        }

        Assert.Equal((Hello, ChatFinishReason.Stop), (text, finish));
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Calls_tools(string path, string provider)
    {
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("find", "Finds.", BinaryData.FromString("""{"type":"object","properties":{"question":{"type":"string"}}}""")) } };

        ChatCompletion answer = await Chat(path, provider).CompleteChatAsync([new UserChatMessage(Hello)], options);
        var arguments = "";
        await foreach (var update in Chat(path, provider).CompleteChatStreamingAsync([new UserChatMessage(Hello)], options))
        {
            arguments += string.Concat(update.ToolCallUpdates.Select(call => call.FunctionArgumentsUpdate.ToString()));
        }

        Assert.Equal("find", answer.ToolCalls[0].FunctionName);
        Assert.Contains(Hello, arguments, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Raises_what_the_provider_refuses(string path, string provider)
    {
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => Chat(path, provider + "-refuses").CompleteChatAsync(Hello));
        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => Chat(path, "nobody").CompleteChatAsync(Hello));

        Assert.Equal((400, 404), (failure.Status, unknown.Status));
        Assert.Contains("The script says 400.", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public async Task Leaves_in_the_midst_of_a_stream(string path, string provider)
    {
        await foreach (var update in Chat(path, provider + "-stalls").CompleteChatStreamingAsync(Hello))
        {
            break;
        }

        await Eventually.IsTrueAsync(() => _gateway.Provider.ClientsLeft == 1);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("gateway/mlflow/v1")]
    [InlineData("gateway/openai/v1")]
    [InlineData("openai/v1")]
    [InlineData("mistral/v1", "mistral")]
    [InlineData("openai/deployments/{model}")]
    public async Task Embeds(string path, string provider = "openai")
    {
        await _gateway.AddRouteAsync(provider + "-waits", null, "stall=0", provider);
        EmbeddingClient Embedding(string model) => Client(path.Replace("{model}", model, StringComparison.Ordinal)).GetEmbeddingClient(model);
        using var leave = new CancellationTokenSource();

        OpenAIEmbedding answer = await Embedding(provider).GenerateEmbeddingAsync(Hello);
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => Embedding(provider + "-refuses").GenerateEmbeddingAsync(Hello));
        var leaving = Embedding(provider + "-waits").GenerateEmbeddingAsync(Hello, cancellationToken: leave.Token);
        await Eventually.IsTrueAsync(() => _gateway.Provider.Active == 1);
        await leave.CancelAsync();

        Assert.NotEqual(0, answer.ToFloats().Length);
        Assert.Equal(400, failure.Status);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await Eventually.IsTrueAsync(() => _gateway.Provider.ClientsLeft == 1);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("gateway/openai/v1")]
    [InlineData("openai/v1")]
    public async Task Asks_for_responses(string path)
    {
        var client = new ResponsesClient(new ApiKeyCredential("k"), new ResponsesClientOptions { Endpoint = new Uri(_gateway.Client.BaseAddress!, path) });

        ResponseResult answer = await client.CreateResponseAsync("openai", Hello);
        var (text, isCompleted) = ("", false);
        await foreach (var update in await client.CreateResponseStreamingAsync("openai", Hello))
        {
            text += update is StreamingResponseOutputTextDeltaUpdate delta ? delta.Delta : "";
            isCompleted |= update is StreamingResponseCompletedUpdate;
        }

        ResponseResult called = await client.CreateResponseAsync("openai-tool", Hello);
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => client.CreateResponseAsync("openai-refuses", Hello));
        await foreach (var update in await client.CreateResponseStreamingAsync("openai-stalls", Hello))
        {
            break;
        }

        Assert.Equal((Hello, Hello, true), (answer.GetOutputText(), text, isCompleted));
        Assert.IsType<FunctionCallResponseItem>(called.OutputItems[0]);
        Assert.Equal(400, failure.Status);
        await Eventually.IsTrueAsync(() => _gateway.Provider.ClientsLeft == 1);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("gateway/openai/v1")]
    [InlineData("openai/v1")]
    public async Task Streams_tool_calls_of_responses_and_continues_them(string path)
    {
        var client = new ResponsesClient(new ApiKeyCredential("k"), new ResponsesClientOptions { Endpoint = new Uri(_gateway.Client.BaseAddress!, path) });
        await _gateway.AddRouteAsync(new GatewayRoute { Name = "two", Id = "e-two", IsSplit = true, Targets = [_gateway.Target("a,tool"), _gateway.Target("b,tool")] });
        var (arguments, id) = ("", "");
        await foreach (var update in await client.CreateResponseStreamingAsync("two", Hello))
        {
            arguments += update is StreamingResponseFunctionCallArgumentsDeltaUpdate delta ? delta.Delta.ToString() : "";
            id = update is StreamingResponseCompletedUpdate completed ? completed.Response.Id : id;
        }

        var made = (string)_gateway.Provider.Requests.Last().Json["model"]!;
        for (var i = 0; i < 6; i++)
        {
            ResponseResult next = await client.CreateResponseAsync("two", Hello, id);
            Assert.Equal((made, "resp_1"), ((string)_gateway.Provider.Requests.Last().Json["model"]!, (string)_gateway.Provider.Requests.Last().Json["previous_response_id"]!));
            id = next.Id;
        }

        Assert.Contains(Hello, arguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_the_error_in_a_stream_of_responses()
    {
        await _gateway.AddRouteAsync("breaks", null, "cut=5");
        var client = new ResponsesClient(new ApiKeyCredential("k"), new ResponsesClientOptions { Endpoint = new Uri(_gateway.Client.BaseAddress!, "v1") });

        var updates = new List<StreamingResponseUpdate>();
        await foreach (var update in await client.CreateResponseStreamingAsync("breaks", Hello))
        {
            updates.Add(update);
        }

        Assert.Contains("broke", Assert.IsType<StreamingResponseErrorUpdate>(updates[^1]).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("gateway/openai/v1")]
    public async Task Lists_models(string path)
    {
        var models = await Client(path).GetOpenAIModelClient().GetModelsAsync();

        Assert.Contains(models.Value, model => model.Id == "openai");
    }

    private ChatClient Chat(string path, string model) => Client(path.Replace("{model}", model, StringComparison.Ordinal)).GetChatClient(model);

    private OpenAIClient Client(string path) => new(
        new ApiKeyCredential("k"),
        new OpenAIClientOptions { Endpoint = new Uri(_gateway.Client.BaseAddress!, path), RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) });
}

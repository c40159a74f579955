using Anthropic;
using Anthropic.Core;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Clients;

/// <summary>Anthropic's own client for .NET, unmodified, against both base addresses over a socket.</summary>
public sealed class AnthropicClientTests : IAsyncLifetime
{
    private const string Hello = "one two three four five";
    private GatewayUnderTest _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayUnderTest.StartAsync(("Gateway__Deadlines__Total", "00:00:10"));
        foreach (var (name, script) in ((string, string)[])[("claude", "echo"), ("tool", "tool"), ("refuses", "status=400"), ("stalls", "stall=3"), ("breaks", "cut=5")])
        {
            await _gateway.AddRouteAsync(name, null, script, "anthropic");
        }
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("anthropic")]
    [InlineData("gateway/anthropic")]
    public async Task Sends_messages(string path)
    {
        using var client = Client(path);

        var answer = await client.Messages.Create(Ask("claude"));
        var called = await client.Messages.Create(Ask("tool"));
        var tokens = await client.Messages.CountTokens(new MessageCountTokensParams { Model = "claude", Messages = [new UserMessageParam(Hello)] });
        var failure = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => client.Messages.Create(Ask("refuses")));
        var unknown = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => client.Messages.Create(Ask("nobody")));

        Assert.True(answer.Content[0].TryPickText(out var text));
        Assert.Equal(Hello, text.Text);
        Assert.True(called.Content[0].TryPickToolUse(out _));
        Assert.Equal(5, tokens.InputTokens);
        Assert.Equal((400, 404), ((int)failure.StatusCode, (int)unknown.StatusCode));
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("gateway/anthropic")]
    public async Task Streams_messages(string path)
    {
        using var client = Client(path);
        var text = "";
        await foreach (var update in client.Messages.CreateStreaming(Ask("claude")))
        {
            text += update.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece) ? piece.Text : "";
        }

        Assert.Equal(Hello, text);
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("gateway/anthropic")]
    public async Task Streams_a_tools_input_and_counts_no_more_than_it_may(string path)
    {
        using var client = Client(path);
        var input = "";
        await foreach (var update in client.Messages.CreateStreaming(Ask("tool")))
        {
            input += update.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickInputJson(out var piece) ? piece.PartialJson : "";
        }

        var refused = await Assert.ThrowsAnyAsync<AnthropicApiException>(
            () => client.Messages.CountTokens(new MessageCountTokensParams { Model = "refuses", Messages = [new UserMessageParam(Hello)] }));
        var streamed = await Assert.ThrowsAnyAsync<AnthropicApiException>(async () =>
        {
            await foreach (var update in client.Messages.CreateStreaming(Ask("refuses")))
            {
            }
        });

        Assert.Contains(Hello, input, StringComparison.Ordinal);
        Assert.Equal((400, 400), ((int)refused.StatusCode, (int)streamed.StatusCode));
    }

    [Fact]
    public async Task Raises_the_error_in_a_stream()
    {
        using var client = Client("anthropic");

        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var update in client.Messages.CreateStreaming(Ask("breaks")))
            {
            }
        });

        Assert.Contains("broke", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_in_the_midst_of_a_stream()
    {
        using var client = Client("anthropic");
        await foreach (var update in client.Messages.CreateStreaming(Ask("stalls")))
        {
            break;
        }

        await Eventually.IsTrueAsync(() => _gateway.Provider.ClientsLeft == 1);
    }

    private static MessageCreateParams Ask(string model) =>
        new() { Model = model, MaxTokens = 100, Messages = [new UserMessageParam(Hello)] };

    private AnthropicClient Client(string path) => new(new ClientOptions { BaseUrl = new Uri(_gateway.Client.BaseAddress!, path).ToString(), ApiKey = "k", MaxRetries = 0 });
}

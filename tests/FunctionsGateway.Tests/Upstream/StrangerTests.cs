using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>A provider that nobody here has heard of: one value in one file, and it is served.</summary>
public sealed class StrangerTests
{
    private static readonly Provider Stranger = OpenAICompatible.Provider with
    {
        Name = "stranger",
        DisplayName = "Stranger",
        Aliases = [],
        Config = new([new("stranger_key", "The key.") { IsSecret = true, IsRequired = true }, new("stranger_base", "The address.") { IsBaseAddress = true }]),
        BaseAddress = call => call.Text("stranger_base") ?? "https://api.stranger.example/v1",
        Credential = _ => new Credential.Header("X-Stranger", "stranger_key", "Key "),
    };

    [Fact]
    public async Task Serves_a_provider_that_is_one_value()
    {
        await using var provider = await AnyProvider.StartAsync(async (context, request) => await (request.Body.Contains("\"stream\":true", StringComparison.Ordinal)
            ? AnyProvider.WriteAsync(context, "text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"u8.ToArray())
            : AnyProvider.WriteAsync(context, "application/json", Encoding.UTF8.GetBytes("""{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"""))));
        await using var gateway = await GatewayUnderTest.StartAsync(services => services.AddSingleton<Func<string, Provider?>>(
            name => name == "stranger" ? Stranger : ProviderCatalog.Find(name)));

        // Made as a caller makes it: the validation too knows the stranger by its value alone.
        var (made, told) = await gateway.AskAsync("/api/2.0/gateway/routes/", """
            {"name":"r","route_type":"llm/v1/chat","model":{"name":"m","provider":"stranger","config":{"stranger_key":"sk-stranger","stranger_base":"BASE"}}}
            """.Replace("BASE", provider.Address, StringComparison.Ordinal));
        Assert.True(made == 200, told);

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);
        Assert.Equal((200, "Hi"), (status, JsonNode.Parse(body)?["choices"]?[0]?["message"]?["content"]?.GetValue<string>()));
        var (streamed, events) = await gateway.AskAsync("/v1/chat/completions", """{"model":"r",""" + WholePath.HiStreamed[1..]);
        Assert.Equal((200, "Hi"), (streamed, WholePath.Text(events)));
        Assert.All(provider.Requests, request => Assert.Equal(("/chat/completions", "Key sk-stranger"), (request.Target, request.Headers["X-Stranger"])));
    }

    [Theory]
    [InlineData("""{"stranger_base":"BASE","my_id":"AKIDSTRANGE","stranger_key":"strange-secret"}""", "AWS4-HMAC-SHA256 Credential=AKIDSTRANGE/")]
    [InlineData("""{"stranger_base":"BASE"}""", "Bearer machine-token")]
    public async Task Signs_for_AWS_with_fields_of_a_strangers_own_names(string config, string credential)
    {
        await using var provider = await AnyProvider.StartAsync("application/json", Encoding.UTF8.GetBytes("""{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"""));
        await using var gateway = await StartAsync(
            Stranger with { Credential = _ => new Credential.AwsSignature("strange-service", "us-west-2", new("my_id", "stranger_key")) { MachineToken = "STRANGE_BEARER" } },
            ("STRANGE_BEARER", "machine-token"));
        await gateway.RouteAsync(provider, RouteType.Chat, "stranger", "m", config);

        Assert.Equal(200, (await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi)).Status);

        Assert.StartsWith(credential, Assert.Single(provider.Requests).Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_a_Google_account_in_a_field_of_a_strangers_own_name()
    {
        await using var provider = await AnyProvider.StartAsync("application/json", "{}"u8.ToArray());
        await using var gateway = await StartAsync(Stranger with { Credential = _ => new Credential.GoogleToken("scope", "stranger_key") });
        await gateway.RouteAsync(provider, RouteType.Chat, "stranger", "m", """{"stranger_base":"BASE","stranger_key":"{\"type\":\"service_account\"}"}""");

        var (status, body) = await gateway.AskAsync("/gateway/r/invocations", WholePath.Hi);

        Assert.Equal(503, status);
        Assert.Contains("'stranger_key' must be the JSON of a service account's key", body, StringComparison.Ordinal);
    }

    private static Task<GatewayUnderTest> StartAsync(Provider stranger, params (string Name, string Value)[] settings) => GatewayUnderTest.StartAsync(
        services => services.AddSingleton<Func<string, Provider?>>(name => name == "stranger" ? stranger : ProviderCatalog.Find(name)), settings);
}

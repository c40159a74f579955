using System.Text;
using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Clients;

/// <summary>Requests that MLflow's Python clients of 2.5 to 2.8 send when nothing in the body tells their generation, byte for byte.</summary>
public sealed class MlflowClientTests
{
    private const string Path = "/gateway/chat/invocations";
    private const string Documented = """{"messages": [{"role": "user", "content": "Tell me a joke about rabbits"}]}""";

    [Theory]
    [InlineData("mlflow-python-client/2.5.0", Documented, "candidates")]
    [InlineData("mlflow-python-client/2.8.1", """{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5, "max_tokens": 500}""", "candidates")]
    [InlineData("mlflow-python-client/2.8.2.dev0", Documented, "candidates")]
    [InlineData("mlflow-python-client/2.9.0", Documented, "choices")]
    [InlineData("mlflow-python-client/2.22.1", Documented, "choices")]
    [InlineData("mlflow-python-client/3.14.1", Documented, "choices")]
    [InlineData("python-requests/2.8.1", Documented, "choices")]
    [InlineData("mlflow-python-client/2.8.1", """{"messages": [{"role": "user", "content": "Hi"}], "n": 1}""", "choices")]
    public async Task Answers_as_the_clients_generation_documents(string client, string body, string member)
    {
        await using var gateway = await StartAsync();

        Assert.NotNull((await AskAsync(gateway, Path, body, client))[member]);
    }

    [Theory]
    [InlineData("choices", "mlflow-python-client/2.8.1", "choices")]
    [InlineData("candidates", "mlflow-python-client/2.9.2", "candidates")]
    public async Task A_setting_goes_before_the_clients_version(string setting, string client, string member)
    {
        await using var gateway = await StartAsync(("Gateway__Compatibility__AnswerShape", setting));

        Assert.NotNull((await AskAsync(gateway, Path, Documented, client))[member]);
    }

    [Fact]
    public async Task Scales_a_first_generation_clients_temperature()
    {
        await using var gateway = await StartAsync();

        await AskAsync(gateway, Path, """{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}""", "mlflow-python-client/2.8.1");

        Assert.Equal(1.0, (double)JsonNode.Parse(Assert.Single(gateway.Provider.Requests).Body)!["temperature"]!);
    }

    [Fact]
    public async Task The_second_generations_path_knows_one_shape_only()
    {
        await using var gateway = await StartAsync();

        Assert.NotNull((await AskAsync(gateway, "/endpoints/chat/invocations", Documented, "mlflow-python-client/2.8.1"))["choices"]);
    }

    private static async Task<GatewayUnderTest> StartAsync(params (string Name, string Value)[] settings)
    {
        var gateway = await GatewayUnderTest.StartAsync(settings);
        await gateway.AddRouteAsync("chat", RouteType.Chat);
        return gateway;
    }

    private static async Task<JsonObject> AskAsync(GatewayUnderTest gateway, string path, string body, string client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.UserAgent.ParseAdd(client);
        using var answer = await gateway.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return (JsonObject)JsonNode.Parse(text)!;
    }
}

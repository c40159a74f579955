using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>Every provider's base address can be set, and calls go there (spec/decisions.md D12).</summary>
public sealed class BaseAddressTests
{
    /// <summary>The models that a provider does not take under any name.</summary>
    private static readonly Dictionary<string, string> Models = new()
    {
        ["ai21labs"] = "jamba-large",
        ["bedrock"] = "anthropic.claude-3-haiku-20240307-v1:0",
        ["mosaicml"] = "llama2-70b-chat",
        ["vertex_ai"] = "gemini-2.5-pro",
    };

    /// <summary>MLflow's own names of the field, where it has one.</summary>
    private static readonly Dictionary<string, string> Own = new()
    {
        ["azure"] = "openai_api_base",
        ["azuread"] = "openai_api_base",
        ["mlflow-model-serving"] = "model_server_url",
        ["huggingface-text-generation-inference"] = "hf_server_url",
    };

    public static IEnumerable<object[]> Providers =>
        from provider in ProviderCatalog.All
        from name in new[] { Own.GetValueOrDefault(provider.Name, provider.Name.Replace('-', '_') + "_api_base"), provider.Config.Fields.Single(one => one.IsBaseAddress).Name, "api_base" }.Distinct()
        from end in new[] { "", "/" }
        select new object[] { provider.Name, name, end };

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Calls_go_to_the_base_address_that_is_set(string name, string field, string end)
    {
        await using var server = await AnyProvider.StartAsync(async (context, request) =>
            await AnyProvider.WriteAsync(context, "application/json", """{"access_token":"t","expires_in":3600}"""u8.ToArray(), request.Target == "/token" ? 200 : 400));
        await using var gateway = await GatewayUnderTest.StartAsync();
        var provider = ProviderCatalog.Find(name)!;
        var config = Keys(provider, server);
        config[field] = server.Address + "/my/base" + end;

        var (made, told) = await gateway.AskAsync("/api/2.0/gateway/routes/", new JsonObject
        {
            ["name"] = "r",
            ["route_type"] = provider.Chat is null ? "llm/v1/completions" : "llm/v1/chat",
            ["model"] = new JsonObject { ["name"] = Models.GetValueOrDefault(name, "m"), ["provider"] = name, ["config"] = config },
        }.ToJsonString());
        Assert.True(made == 200, told);
        await gateway.AskAsync("/gateway/r/invocations", provider.Chat is null ? """{"prompt":"Hi"}""" : WholePath.Hi);

        var sent = Assert.Single(server.Requests, request => request.Target != "/token");
        Assert.StartsWith("/my/base/", sent.Target, StringComparison.Ordinal);
        Assert.DoesNotContain("//", sent.Target, StringComparison.Ordinal);
    }

    // What the provider needs beside the address.
    private static JsonObject Keys(Provider provider, AnyProvider server) => provider.Name switch
    {
        "azure" or "azuread" => new() { ["openai_api_key"] = "$TEST_API_KEY", ["openai_api_version"] = "2024-10-21" },
        "bedrock" => new() { ["aws_config"] = new JsonObject { ["aws_bearer_token"] = "$TEST_API_KEY" } },
        "databricks" => new() { ["token"] = "$TEST_API_KEY" },
        "vertex_ai" => new() { ["vertex_project"] = "p", ["vertex_credentials"] = ServiceAccount(server) },
        _ => new(provider.Config.Fields.Where(one => one.IsSecret && (one.IsRequired || one.IsRequiredFor is not null)).Select(one => KeyValuePair.Create(one.Name, (JsonNode?)"$TEST_API_KEY"))),
    };

    private static string ServiceAccount(AnyProvider server)
    {
        using var rsa = RSA.Create(2048);
        return new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "e",
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = server.Address + "/token",
        }.ToJsonString();
    }
}

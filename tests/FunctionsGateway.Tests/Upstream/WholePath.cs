using System.Text.Json.Nodes;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>What the tests of the whole path share: a route to a provider on loopback.</summary>
internal static class WholePath
{
    public const string Hi = """{"messages":[{"role":"user","content":"Hi"}]}""";
    public const string HiStreamed = """{"messages":[{"role":"user","content":"Hi"}],"stream":true}""";

    /// <summary>A gateway with one route <c>r</c>; <c>BASE</c> in the configuration is the provider's address.</summary>
    public static Task RouteAsync(this GatewayUnderTest gateway, AnyProvider server, RouteType type, string provider, string model, string config) => gateway.AddRouteAsync(new GatewayRoute
    {
        Name = "r",
        Id = "e-" + Guid.NewGuid().ToString("N"),
        Type = type,
        Targets =
        [
            new Target
            {
                Id = "m-" + Guid.NewGuid().ToString("N"),
                DefinitionId = "d-" + Guid.NewGuid().ToString("N"),
                Provider = provider,
                Model = model,
                Config = (JsonObject)JsonNode.Parse(config.Replace("BASE", server.Address, StringComparison.Ordinal))!,
            },
        ],
    });

    /// <summary>The text of all chunks in a streamed answer.</summary>
    public static string Text(string events) => string.Concat(Chunks(events).Select(chunk => chunk["choices"]?.AsArray().FirstOrDefault()?["delta"]?["content"]?.GetValue<string>()));

    /// <summary>The chunks of a streamed answer.</summary>
    public static IEnumerable<JsonNode> Chunks(string events) => events.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line[6..])!);
}

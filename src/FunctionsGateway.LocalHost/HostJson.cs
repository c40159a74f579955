using System.Text.Json.Nodes;

namespace FunctionsGateway.LocalHost;

/// <summary>What LocalHost needs of host.json, the copy beside the app.</summary>
internal static class HostJson
{
    /// <summary>The prefix before every template; <c>api</c> where the file does not say, as the host has it.</summary>
    public static string ReadRoutePrefix(string folder)
    {
        var path = Path.Combine(folder, "host.json");
        return File.Exists(path)
            ? JsonNode.Parse(File.ReadAllText(path))?["extensions"]?["http"]?["routePrefix"]?.GetValue<string>().Trim('/') ?? "api"
            : throw new StartException($"There is no host.json in {folder}: build FunctionsGateway.App, which copies it there.");
    }
}

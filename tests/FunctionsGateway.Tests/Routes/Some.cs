using System.Text.Json.Nodes;
using FunctionsGateway.Limits;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Import;
using FunctionsGateway.Routes.Validation;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Tests.Routes;

/// <summary>Routes, and the parts around them, as the tests of this room need them.</summary>
internal static class Some
{
    public static readonly Provider OpenAI = new()
    {
        Name = "openai",
        DisplayName = "OpenAI",
        Config = new ConfigSchema(
        [
            new ConfigField("openai_api_key", "The key.") { IsRequired = true, IsSecret = true },
            new ConfigField("openai_api_base", "The base address.") { IsBaseAddress = true },
            new ConfigField("openai_organization", "The organization."),
        ]),
        BaseAddress = call => call.Text("openai_api_base") ?? "https://api.openai.com/v1",
        Credential = _ => new Credential.Bearer("openai_api_key"),
        OwnHosts = ["api.openai.com"],
    };

    public static readonly Provider Serving = new()
    {
        Name = "mlflow-model-serving",
        DisplayName = "MLflow Model Serving",
        Aliases = ["serving"],
        Config = new ConfigSchema([new ConfigField("model_server_url", "The server.") { IsRequired = true, IsBaseAddress = true }]),
        BaseAddress = call => call.Text("model_server_url")!,
        Credential = _ => new Credential.None(),
    };

    public static GatewayRoute Route(string name, params IReadOnlyList<Limit> limits) => new()
    {
        Name = name,
        Id = $"e-{name}",
        Type = RouteType.Chat,
        Targets =
        [
            new Target { Id = "m-1", DefinitionId = "d-1", SecretId = "s-1", Provider = "openai", Model = "gpt-4o", Config = new JsonObject { ["openai_api_key"] = "$TEST_API_KEY" } },
        ],
        Limits = limits,
    };

    public static RouteEdit Add(string name) => new(name, Route(name), ETag: null);

    public static GatewayOptions Options() => new() { Egress = new() { AllowedHosts = "localhost,127.0.0.1:5001" } };

    public static string? Environment(string name) => name is "TEST_API_KEY" or "OTHER_API_KEY" ? "a-value" : null;

    public static Provider? Find(string name) =>
        new[] { OpenAI, Serving }.FirstOrDefault(p => p.Aliases.Append(p.Name).Contains(name.ToLowerInvariant().Replace('_', '-')));

    public static RouteValidator Validator(GatewayOptions? options = null)
    {
        var settings = Microsoft.Extensions.Options.Options.Create(options ?? Options());
        return new RouteValidator(new ModelReader(Find, new SecretRule(settings, Environment), settings));
    }

    public static RouteBook Book(IRouteStore store, TimeProvider time, GatewayOptions? options = null) =>
        new(store, Microsoft.Extensions.Options.Options.Create(options ?? Options()), time, NullLogger<RouteBook>.Instance);

    public static ConfigReader Reader(TimeProvider time) => new(Validator(), new TrafficRouteReader(time), time);

    public static async Task<List<RouteChange>> AllAsync(this IRouteStore store, long after = -1)
    {
        var changes = new List<RouteChange>();
        await foreach (var change in store.ChangesAsync(after, CancellationToken.None))
        {
            changes.Add(change);
        }

        return changes;
    }
}

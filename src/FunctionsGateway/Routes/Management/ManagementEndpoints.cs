using System.Text.Json.Nodes;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FunctionsGateway.Routes.Management;

/// <summary>The third generation's management over HTTP, under both prefixes and both versions (spec/mlflow-gen3.md §D).</summary>
internal static class ManagementEndpoints
{
    private const string Base = "/{api:regex(^(ajax-)?api$)}/{version:regex(^(2|3)\\.0$)}/mlflow/gateway";
    private const string Users = "/{api:regex(^(ajax-)?api$)}/{version:regex(^(2|3)\\.0$)}/mlflow/users";
    private const string NoGrants = "The gateway has no grants: who may do what follows from gateway keys and Entra roles.";
    private static readonly string[] Get = ["GET"];
    private static readonly string[] Post = ["POST"];
    private static readonly string[] Change = ["POST", "PATCH"];
    private static readonly string[] Delete = ["DELETE"];

    private delegate Task<JsonObject> Operation(Parameters given, CancellationToken cancellation);

    /// <summary>Maps them.</summary>
    public static void MapManagement(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var group = endpoints.MapGroup(Base).WithTags("Management");

        void Map(string path, string[] verbs, Operation operation, string summary, string policy = Policies.Manage) =>
            group.MapMethods(path, verbs, async (HttpContext context) =>
                {
                    var given = await Parameters.ReadAsync(context.Request, context.RequestAborted);
                    var answer = await operation(given, context.RequestAborted);
                    if (given.Warning is { } warning)
                    {
                        context.Response.Headers[OptionWarnings.Header] = warning;
                    }

                    await context.Response.WriteJsonAsync(answer);
                })
                .WithName("mlflow" + path.Replace('/', '-')).WithSummary(summary).RequireAuthorization(policy);

        var secrets = services.GetRequiredService<SecretOperations>();
        Map("/secrets/create", Post, secrets.CreateAsync, "Creates a secret.");
        Map("/secrets/get", Get, secrets.GetAsync, "Shows a secret, masked.");
        Map("/secrets/list", Get, secrets.ListAsync, "Lists secrets, masked.");
        Map("/secrets/update", Change, secrets.UpdateAsync, "Changes a secret, and with it all that use it.");
        Map("/secrets/delete", Delete, secrets.DeleteAsync, "Deletes a secret.");

        var models = services.GetRequiredService<ModelOperations>();
        Map("/model-definitions/create", Post, models.CreateAsync, "Creates a model definition.");
        Map("/model-definitions/get", Get, models.GetAsync, "Shows a model definition.");
        Map("/model-definitions/list", Get, models.ListAsync, "Lists model definitions.");
        Map("/model-definitions/update", Change, models.UpdateAsync, "Changes a model definition, and with it all endpoints that use it.");
        Map("/model-definitions/delete", Delete, models.DeleteAsync, "Deletes a model definition that no endpoint uses.");

        var named = services.GetRequiredService<EndpointOperations>();
        Map("/endpoints/create", Post, named.CreateAsync, "Creates an endpoint.");
        Map("/endpoints/get", Get, named.GetAsync, "Shows an endpoint.");
        Map("/endpoints/list", Get, named.ListAsync, "Lists endpoints.");
        Map("/endpoints/update", Change, named.UpdateAsync, "Changes an endpoint.");
        Map("/endpoints/delete", Delete, named.DeleteAsync, "Deletes an endpoint.");

        var attachments = services.GetRequiredService<AttachmentOperations>();
        Map("/endpoints/models/attach", Post, attachments.AttachAsync, "Attaches a model definition to an endpoint.");
        Map("/endpoints/models/detach", Post, attachments.DetachAsync, "Detaches a model definition from an endpoint.");
        Map("/endpoints/set-tag", Post, attachments.SetTagAsync, "Sets a tag of an endpoint.");
        Map("/endpoints/delete-tag", Delete, attachments.DeleteTagAsync, "Removes a tag of an endpoint.");
        Map("/endpoints/bindings/create", Post, attachments.BindAsync, "Binds a resource to an endpoint.");
        Map("/endpoints/bindings/delete", Delete, attachments.UnbindAsync, "Unbinds a resource from an endpoint.");
        Map("/endpoints/bindings/list", Get, attachments.ListBindingsAsync, "Lists bindings.");

        MapDiscovery(Map, services.GetRequiredService<ProviderPolicy>(), services.GetRequiredService<ModelCatalogue>());
    }

    /// <summary>Maps what MLflow's server has and the gateway has not (spec/decisions.md D11).</summary>
    public static void MapUnserved(this IEndpointRouteBuilder endpoints)
    {
        void Map(string path, string name, string sentence) =>
            endpoints.Map(path, (RequestDelegate)(_ => throw new GatewayException(501, sentence) { Code = "NOT_IMPLEMENTED" }))
                .WithName(name).WithSummary(sentence).WithTags("Management").RequireAuthorization(Policies.Manage);

        Map(Base + "-proxy", "gatewayProxy", "The gateway has no bridge to an older gateway: it serves the older generations' paths itself.");
        Map(Base + "/budgets/{operation}", "budgets", "The gateway has no budgets in money: limits of calls and tokens are set at /api/2.0/gateway/limits/.");
        Map(Base + "/guardrails/{operation}", "guardrails", "The gateway has no guardrails.");
        Map(Base + "/{kind:regex(^(secrets|endpoints|model-definitions)$)}/permissions/{operation}", "permissions", NoGrants);
        Map(Users + "/permissions/{operation}", "userPermissions", NoGrants);
    }

    private static void MapDiscovery(Action<string, string[], Operation, string, string> map, ProviderPolicy policy, ModelCatalogue catalogue)
    {
        map("/supported-providers", Get, (_, _) => Task.FromResult(new JsonObject
        {
            ["providers"] = new JsonArray([.. ProviderCatalog.All.Select(provider => provider.Name.Replace('-', '_')).Where(policy.Allows).Order(StringComparer.Ordinal).Select(name => JsonValue.Create(name))]),
        }), "Lists the providers that calls may go to.", Policies.Invoke);
        map("/provider-config", Get, (given, _) =>
        {
            var provider = given.Text("provider") ?? throw Parameters.Invalid("Provider parameter is required");
            return Task.FromResult(policy.Allows(provider) ? ProviderConfigView.Of(provider) : throw ProviderPolicy.Refusal(provider));
        }, "Says how a provider is authenticated.", Policies.Invoke);
        map("/supported-models", Get, (given, _) =>
        {
            var provider = given.Text("provider");
            return provider is null || policy.Allows(provider)
                ? Task.FromResult(new JsonObject
                {
                    ["models"] = new JsonArray([.. catalogue.All
                        .Where(model => (string)model["provider"]! is var own && (provider is null ? policy.Allows(own) : own == provider)).Select(model => model.DeepClone())]),
                })
                : throw ProviderPolicy.Refusal(provider);
        }, "Lists known models.", Policies.Invoke);
        map("/secrets/config", Get, (_, _) => Task.FromResult(new JsonObject { ["secrets_available"] = true, ["using_default_passphrase"] = false }),
            "Says whether secrets can be kept.", Policies.Invoke);
    }

    /// <summary>Adds what they need.</summary>
    public static IServiceCollection AddManagement(this IServiceCollection services) => services
        .AddSingleton<ManagedRows>()
        .AddSingleton<SecretKeys>()
        .AddSingleton<SecretOperations>()
        .AddSingleton<ModelOperations>()
        .AddSingleton<EndpointOperations>()
        .AddSingleton<AttachmentOperations>()
        .AddSingleton<ModelCatalogue>()
        .AddSingleton<ProviderPolicy>();
}

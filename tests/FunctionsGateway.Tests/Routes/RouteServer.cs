using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Secrets;
using FunctionsGateway.Tests.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Tests.Routes;

/// <summary>The endpoints of routes on a real socket, with just enough around them.</summary>
internal sealed class RouteServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private RouteServer(WebApplication app)
    {
        _app = app;
        _client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public IRouteStore Store => _app.Services.GetRequiredService<IRouteStore>();

    public static async Task<RouteServer> StartAsync(IRouteStore store, GatewayOptions? options = null, Caller? caller = null, ScriptedVault? vault = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddRouting().AddAuthorization(policies =>
        {
            policies.AddPolicy("invoke", policy => policy.RequireAssertion(_ => true));
            policies.AddPolicy("manage", policy => policy.RequireAssertion(_ => true));
        });
        var settings = Microsoft.Extensions.Options.Options.Create(options ?? Some.Options());
        builder.Services.AddSingleton(settings).AddSingleton(store).AddSingleton<Func<string, Provider?>>(Some.Find).AddSingleton(new SecretRule(settings, Some.Environment, vault));
        builder.Configuration.AddInMemoryCollection(new[] { "TEST_API_KEY", "OTHER_API_KEY" }.Select(name => KeyValuePair.Create(name, Some.Environment(name))));
        builder.Services.AddSingleton<ISecretStore>(vault ?? new ScriptedVault(canRead: false, canWrite: false));
        builder.Services.AddRoutes();

        var app = builder.Build();
        app.Use(async (call, next) =>
        {
            try
            {
                call.Features.Set(caller ?? new Caller("anyone", MayInvoke: true, MayManage: true));
                await next(call);
            }
            catch (GatewayException refusal)
            {
                call.Response.StatusCode = refusal.Status;
                await call.Response.WriteAsJsonAsync(new JsonObject { ["detail"] = refusal.Detail?.DeepClone() ?? refusal.Message });
            }
        });
        app.UseRouting();
        app.UseAuthorization();
        app.MapRoutes();
        await app.StartAsync();
        return new RouteServer(app);
    }

    public async Task<Answer> SendAsync(string method, string path, string? body = null, string? contentType = "application/json", string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        using var response = await _client.SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.TryGetValues("ETag", out var tags) ? tags.Single() : null);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    internal sealed record Answer(int Status, string Body, string? ETag)
    {
        public JsonNode Json => JsonNode.Parse(Body)!;

        public string? Detail => (string?)Json["detail"];

        /// <summary>The faults, each as <c>path: type: message</c>.</summary>
        public IEnumerable<string> Faults => Json["detail"]!.AsArray()
            .Select(fault => $"{string.Join('.', fault!["loc"]!.AsArray().Skip(1))}: {fault["type"]}: {fault["msg"]}");
    }
}

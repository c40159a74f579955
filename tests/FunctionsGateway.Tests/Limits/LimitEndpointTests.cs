using System.Text;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes;
using FunctionsGateway.Tests.Limits.Simulation;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Tests.Limits;

/// <summary>The management of limits on the wire.</summary>
#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime
public sealed class LimitEndpointTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly Dictionary<string, GatewayRoute> _routes = new() { ["chat"] = Fleet.RouteWith(1, []) };
    private HashSet<string>? _allowed;
    private HttpClient _client = null!;
    private WebApplication _app = null!;

    [Theory]
    [InlineData("/api/2.0/gateway/limits/")]
    [InlineData("/api/2.0/gateway/limits")]
    [InlineData("/api/2.0/endpoints/limits/")]
    public async Task Sets_and_shows_limits_as_mlflows_client_does(string path)
    {
        const string Body = """{"route":"chat","limits":[{"key":"user","renewal_period":"minute","calls":50},{"calls":0,"renewal_period":"5 minutes;9/hour"}]}""";
        const string Answer = """{"limits":[{"calls":50,"key":"user","renewal_period":"minute"},{"calls":0,"key":null,"renewal_period":"5 minutes;9/hour"}]}""";
        Assert.Equal((200, Answer), await PostAsync(path, Body));
        Assert.Equal((200, Answer), await GetAsync(path.TrimEnd('/') + "/chat"));
        Assert.Equal((200, """{"limits":[]}"""), await PostAsync(path, """{"route":"chat","limits":[],"more":1}"""));
    }

    [Fact]
    public async Task Keeps_token_limits_that_a_change_does_not_name()
    {
        await PostAsync("/api/2.0/gateway/limits/", """{"route":"chat","limits":[],"token_limits":[{"tokens":900,"key":"user","renewal_period":"day"}]}""");
        var (_, shown) = await PostAsync("/api/2.0/gateway/limits/", """{"route":"chat","limits":[{"calls":1,"renewal_period":"minute"}]}""");
        Assert.Equal("""{"limits":[{"calls":1,"key":null,"renewal_period":"minute"}],"token_limits":[{"tokens":900,"key":"user","renewal_period":"day"}]}""", shown);
    }

    [Fact]
    public async Task Answers_404_in_mlflows_words_for_an_unknown_route()
    {
        Assert.Equal((404, "The route 'x' is not present or active on the server. Please verify the route name."), await GetAsync("/api/2.0/gateway/limits/x"));
        Assert.Equal((404, "The endpoint 'x' is not present or active on the server. Please verify the endpoint name."), await PostAsync("/api/2.0/endpoints/limits/", """{"route":"x","limits":[]}"""));
    }

    [Theory]
    [InlineData("""{"limits":[]}""", """[{"type":"missing","loc":["body","route"],"msg":"Field required","input":{"limits":[]}}]""")]
    [InlineData("", """[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]""")]
    [InlineData("[]", """[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[]}]""")]
    public async Task Answers_422_with_pydantics_list(string body, string detail) => Assert.Equal((422, detail), await PostAsync("/api/2.0/gateway/limits/", body));

    [Fact]
    public async Task Answers_422_to_what_is_not_json() => Assert.Equal(422, (await PostAsync("/api/2.0/gateway/limits/", "{bad")).Status);

    [Theory]
    [InlineData("""{"route":"\ud800","limits":[]}""")]
    [InlineData("""{"route":"chat","limits":[],"\udc00":1}""")]
    [InlineData("""{"route":"chat","limits":[{"calls":1,"renewal_period":"\ud800"}]}""")]
    [InlineData("""{"route":"chat","limits":[],"limits":[]}""")]
    public async Task Answers_422_to_half_a_surrogate_pair_and_to_members_given_twice(string body)
    {
        var (status, detail) = await PostAsync("/api/2.0/gateway/limits/", body);
        Assert.Equal(422, status);
        Assert.StartsWith("""[{"type":"json_invalid","loc":["body",""", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_422_as_mlflow_to_a_body_that_is_not_declared_as_json()
    {
        var (status, detail) = await ReadAsync(await _client.PostAsync("/api/2.0/gateway/limits/", new StringContent("""{"route":"chat","limits":[]}""", Encoding.UTF8, "text/plain")));
        Assert.Equal(422, status);
        Assert.Contains("model_attributes_type", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_413_to_a_body_above_a_mebibyte() => Assert.Equal(413, (await PostAsync("/api/2.0/gateway/limits/", new string(' ', 1 << 20) + "{}")).Status);

    [Fact]
    public async Task Hides_the_limits_of_a_route_that_the_key_does_not_allow()
    {
        _allowed = ["other"];
        Assert.Equal((404, "The route 'chat' is not present or active on the server. Please verify the route name."), await GetAsync("/api/2.0/gateway/limits/chat"));
        _allowed = ["chat"];
        Assert.Equal(200, (await GetAsync("/api/2.0/gateway/limits/chat")).Status);
    }

    [Fact]
    public void Asks_for_the_policies()
    {
        var endpoints = ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).ToList();
        Assert.Equal(4, endpoints.Count);
        Assert.All(endpoints, endpoint => Assert.Equal(
            endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0] == "POST" ? "manage" : "invoke",
            endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>()!.Policy));
    }

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication("none").AddScheme<AuthenticationSchemeOptions, Anyone>("none", null);
        builder.Services.AddAuthorization(options =>
        {
            options.AddPolicy("invoke", policy => policy.RequireAssertion(_ => true));
            options.AddPolicy("manage", policy => policy.RequireAssertion(_ => true));
        });
        builder.Services.AddSingleton<RouteLookup>((name, _) => new(_routes.GetValueOrDefault(name)));
        builder.Services.AddSingleton<LimitsWrite>((name, limits, tokens, _) => Task.FromResult(_routes.TryGetValue(name, out var route)
            ? _routes[name] = route with { Limits = limits, TokenLimits = tokens ?? route.TokenLimits }
            : null));
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            try
            {
                context.Features.Set(new Caller("anyone", MayInvoke: true, MayManage: true) { Routes = _allowed });
                await next(context);
            }
            catch (GatewayException refusal)
            {
                context.Response.StatusCode = refusal.Status;
                await context.Response.WriteAsync(refusal.Detail?.ToJsonString() ?? refusal.Message);
            }
        });
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapLimits();
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<(int Status, string Body)> GetAsync(string path) => await ReadAsync(await _client.GetAsync(path));

    private async Task<(int Status, string Body)> PostAsync(string path, string body) =>
        await ReadAsync(await _client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json")));

    private static async Task<(int Status, string Body)> ReadAsync(HttpResponseMessage answer) => ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());

    private sealed class Anyone(Microsoft.Extensions.Options.IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, System.Text.Encodings.Web.UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
    }
}

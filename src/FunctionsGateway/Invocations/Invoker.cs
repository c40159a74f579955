using System.Text.Json;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Answers;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Limits;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Streaming;
using FunctionsGateway.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Invocations;

/// <summary>Does one call, end to end.</summary>
internal sealed partial class Invoker(
    RouteBook routes, Limiter limiter, TargetBinding.Book targets, ProviderClient client, TimeProvider time, IOptions<GatewayOptions> options, ILogger<Invoker> logger)
{
    private readonly GatewayOptions _options = options.Value;

    /// <summary>Answers the call in <paramref name="context"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="surface">The way in which the call is put.</param>
    /// <param name="name">The route's name in the path; null when the body's <c>model</c> names it.</param>
    public async Task InvokeAsync(HttpContext context, Surface surface, string? name)
    {
        var deadline = new Deadline(time, _options.Deadlines.Total);
        var aborted = context.RequestAborted;
        // A route that the path names is found before a body is read for it.
        var route = name is null ? null : await FindAsync(surface, name, aborted);
        using var body = await CallBody.ReadAsync(context.Request, _options.MaxBodyBytes, aborted);
        route ??= await FindAsync(surface, ModelOf(body), aborted);
        var caller = AccessGate.CallerOf(context);
        RequireRoute(caller, route);
        var invocation = Invocation.Of(surface, route, body.Root, _options.Compatibility.AnswerShape);

        using var admission = await AdmitAsync(context, invocation, caller, aborted);
        var requestId = GatewayIds.New();
        context.Response.Headers["X-Request-Id"] = requestId;
        var plan = TrafficPlan.For(route, requestId);
        for (var i = 0; ; i++)
        {
            try
            {
                var target = targets.Of(plan[i]);
                var attempts = plan.Count - i;
                await (invocation.Facts.IsStream
                    ? StreamAsync(context, invocation, admission, target, requestId, attempts, deadline)
                    : AnswerAsync(context, invocation, admission, target, requestId, attempts, deadline));
                return;
            }
            catch (ProviderException failure) when (failure.IsTransient && i + 1 < plan.Count && !context.Response.HasStarted)
            {
                LogFallback(logger, route.Name, plan[i].Provider, plan[i + 1].Provider, failure.Status);
            }
        }
    }

    private async ValueTask<GatewayRoute> FindAsync(Surface surface, string name, CancellationToken cancellationToken) =>
        await routes.FindAsync(name, cancellationToken) ?? throw Unknown(surface, name);

    private async ValueTask<Admission> AdmitAsync(HttpContext context, Invocation invocation, Caller caller, CancellationToken cancellationToken)
    {
        var route = invocation.Route;
        var estimate = route.TokenLimits.Count == 0 ? 0 : TokenEstimate.Of(invocation.Body, route.Options, hasOutput: invocation.Type != RouteType.Embeddings);
        var reservation = await limiter.AdmitAsync(route, caller.Id, estimate, cancellationToken);
        reservation.Headers()?.WriteTo(context.Response.Headers, isOpenAiShaped: invocation.Surface.Speaks is not null);
        return route.Limits.Count + route.TokenLimits.Count == 0 ? Admission.Free : new Admission(reservation, invocation.Surface.Speaks ?? NativeApi.OpenAIChat);
    }

    private async ValueTask AnswerAsync(HttpContext context, Invocation invocation, Admission admission, TargetBinding target, string requestId, int targetsLeft, Deadline deadline)
    {
        var aborted = context.RequestAborted;
        if (Native(invocation, target) is { } native)
        {
            var forwarded = new ProviderRequest(target, target.Address(native, stream: false), BodyEdit.Forward(invocation.Body, native, target.Call(stream: false), invocation.Facts));
            var bytes = await SendAsync(invocation, admission, forwarded, static (attempt, _) => UnaryAnswer.ForwardAsync(attempt), targetsLeft, deadline, aborted);
            admission.Observe(bytes.Span);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = bytes.Length;
            await context.Response.BodyWriter.WriteAsync(bytes, aborted);
            return;
        }

        var (operation, call, request) = Translate(invocation, target, requestId);
        var answer = await SendAsync(invocation, admission, request, (attempt, _) => UnaryAnswer.TranslateAsync(attempt, operation, call), targetsLeft, deadline, aborted);
        admission.Observe(answer);
        await context.Response.WriteJsonAsync(invocation.IsFirstGeneration
            ? FirstGeneration.Answer(answer, invocation.Type, IsFlat(invocation))
            : answer);
    }

    private async ValueTask StreamAsync(HttpContext context, Invocation invocation, Admission admission, TargetBinding target, string requestId, int targetsLeft, Deadline deadline)
    {
        var showsUsage = invocation.Facts.WantsUsage;
        ProviderRequest request;
        ProviderClient.Reader<IClientStream> peek;
        if (Native(invocation, target) is { } native)
        {
            request = new ProviderRequest(target, target.Address(native, stream: true), BodyEdit.Forward(invocation.Body, native, target.Call(stream: true), invocation.Facts));
            peek = async (attempt, _) => await StreamRelay.PeekAsync(attempt, showsUsage, admission);
        }
        else
        {
            (var operation, var call, request) = Translate(invocation, target, requestId);
            peek = async (attempt, _) => await StreamTranslation.PeekAsync(attempt, operation, call, showsUsage, admission);
        }

        await using var stream = await SendAsync(invocation, admission, request, peek, targetsLeft, deadline, context.RequestAborted);
        await using var writer = new EventWriter(context, time, _options.Streams.Heartbeat);
        var output = new StreamOutput(context, writer, time, _options.Deadlines.StreamIdle, _options.Deadlines.StreamLongest);
        if (await output.RunAsync(stream, invocation.Surface.EndsWithDone) is { } failure)
        {
            LogBrokenStream(logger, invocation.Route.Name, target.Provider.Name, failure.Code);
        }
    }

    // Some refusals can be mended (a parameter that this model wants under another name): then the call is sent once more.
    private async ValueTask<T> SendAsync<T>(
        Invocation invocation, Admission admission, ProviderRequest request, ProviderClient.Reader<T> read, int targetsLeft, Deadline deadline, CancellationToken aborted)
    {
        request = request with { Sending = admission.Sending };
        try
        {
            return await client.SendAsync(request, read, targetsLeft, _options.Deadlines.FirstByte, deadline, aborted);
        }
        catch (ProviderException refusal) when (refusal.Upstream is { Status: 400 or 422 } error
            && invocation.OperationOf(request.Target.Provider).Mend?.Invoke(error, ProviderAnswer.Parse(request.Body.Span)) is { } mended)
        {
            return await client.SendAsync(request with { Body = mended.ToUtf8() }, read, targetsLeft, _options.Deadlines.FirstByte, deadline, aborted);
        }
    }

    private (Operation Operation, ProviderCall Call, ProviderRequest Request) Translate(Invocation invocation, TargetBinding target, string requestId)
    {
        var operation = invocation.OperationOf(target.Provider);
        var call = target.Call(invocation.Facts.IsStream) with { Id = requestId, Time = time.GetUtcNow() };
        try
        {
            var body = operation.Request(invocation.Request(_options.Compatibility.SendDefaults), call);
            return (operation, call, new ProviderRequest(target, target.Address(operation, call.Stream), body.ToUtf8()));
        }
        catch (TranslationException refusal)
        {
            throw new GatewayException(refusal.Status, refusal.Message) { Code = "unsupported_parameter" };
        }
    }

    // Where the target speaks the surface's own API, bytes are forwarded; MLflow's compatibility defaults need the translated way.
    private NativeOperation? Native(Invocation invocation, TargetBinding target) =>
        invocation.Surface.Speaks is { } api && !_options.Compatibility.SendDefaults ? target.Provider.Native.GetValueOrDefault(api) : null;

    private static bool IsFlat(Invocation invocation) =>
        invocation.Surface.IsFirstGeneration
        && invocation.Body.TryGetProperty("texts"u8, out var texts) && texts.ValueKind == JsonValueKind.String;

    private static string ModelOf(CallBody body) =>
        body.Root.TryGetProperty("model"u8, out var model) && model.ValueKind == JsonValueKind.String && model.GetString() is { Length: > 0 } name
            ? name
            : throw new GatewayException(400, "Missing required 'model' parameter in request body") { Param = "model", Code = "missing_required_parameter" };

    private static GatewayException Unknown(Surface surface, string name) => surface switch
    {
        { ModelNamesRoute: true } => new GatewayException(404, $"The model '{name}' does not exist: no route has this name.") { Code = "model_not_found", Param = "model", Type = "invalid_request_error" },
        { IsFirstGeneration: true } => new GatewayException(404, $"The route '{name}' is not present or active on the server. Please verify the route name."),
        _ => new GatewayException(404, "Not Found"),
    };

    private static void RequireRoute(Caller caller, GatewayRoute route)
    {
        if (caller.Routes is { } allowed && !allowed.Contains(route.Name))
        {
            throw new GatewayException(403, $"This key may not invoke the route '{route.Name}'.");
        }
    }

    [LoggerMessage(301, LogLevel.Warning, "Route {Route}: {From} failed with {Status}, falling back to {To}.")]
    private static partial void LogFallback(ILogger logger, string route, string from, string to, int status);

    [LoggerMessage(302, LogLevel.Warning, "Route {Route}: a stream of {Provider} ended with an error: {Code}.")]
    private static partial void LogBrokenStream(ILogger logger, string route, string provider, string? code);
}

using System.Diagnostics;
using System.Text.Json;
using FunctionsGateway.Access;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Answers;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Invocations.Surfaces;
using FunctionsGateway.Limits;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Streaming;
using FunctionsGateway.Upstream;
using FunctionsGateway.Upstream.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Invocations;

/// <summary>Does one call, end to end.</summary>
internal sealed partial class Invoker(
    RouteBook routes, Limiter limiter, TargetBinding.Book targets, TargetHealth health, CallPlan plans, Outbound outbound, MendingClient client, TimeProvider time,
    IOptions<GatewayOptions> options, ILogger<Invoker> logger)
{
    private readonly GatewayOptions _options = options.Value;
    private readonly CallDeadlines _deadlines = CallDeadlines.Of(options.Value.Deadlines);

    /// <summary>Answers the call in <paramref name="context"/>.</summary>
    /// <param name="context">The request.</param>
    /// <param name="surface">The way in which the call is put.</param>
    /// <param name="name">The route's name in the path; null when the body's <c>model</c> names it.</param>
    public async Task InvokeAsync(HttpContext context, Surface surface, string? name)
    {
        var arrival = new Deadline(time, _deadlines.Total);
        var aborted = context.RequestAborted;
        var caller = AccessGate.CallerOf(context);
        // A route that the path names is found before a body is read for it.
        var route = name is null ? null : await FindAsync(surface, name, caller, aborted);
        using var body = await ReadAsync(context.Request, surface, aborted);
        route ??= await FindAsync(surface, ModelOf(body), caller, aborted);
        var invocation = Invocation.Of(surface, route, body.Root, _options.Compatibility.AnswerShape, context.Request.Headers.UserAgent);

        var effort = new Effort { IsStream = invocation.Facts.IsStream };
        var requestId = GatewayIds.New();
        context.Response.Headers["X-Request-Id"] = requestId;
        var deadlines = _deadlines.For(route.Options.Deadlines);
        context.Features.Set(effort);
        var call = new Call(context, invocation, requestId, deadlines, arrival.Lasting(deadlines.Total), effort)
        {
            Headers = ClientHeaders.Of(context.Request.Headers, surface),
        };
        var plan = plans.Of(call);

        // Here the call is whole and goes nowhere yet: the place of limits, and of budgets and guardrails to come.
        using var admission = await AdmitAsync(call, caller, plan[0]);
        call = admission.Sending is null ? call : call with { Sending = admission.Sending };
        if (plan.Count > 1)
        {
            await health.RefreshAsync();
        }

        for (var i = 0; ; i++)
        {
            var isLast = i + 1 == plan.Count;
            var target = targets.Of(plan[i]);
            if (!isLast && health.IsResting(target))
            {
                continue;
            }

            try
            {
                await (surface.IsProxy ? ProxyAsync(call, target, plan.Count - i)
                    : invocation.Facts.IsStream ? StreamAsync(call, target, plan.Count - i)
                    : AnswerAsync(call, target, plan.Count - i));
                return;
            }
            catch (GatewayException failure) when (!isLast && !context.Response.HasStarted && MayFareBetter(failure))
            {
                LogFallback(logger, route.Name, requestId, target.Label, targets.Of(plan[i + 1]).Label, failure.Status, failure.Code);
            }
            finally
            {
                Tag(call);
            }
        }
    }

    // What is no provider's failure is the gateway's own: a key that cannot be had, or may not go to its host, is no matter to a target that has another.
    // An answer that came and cannot be handed on is none of these: it is paid for, and another would be paid for again.
    private static bool MayFareBetter(GatewayException failure) => failure is ProviderException provider
        ? provider.IsTransient || provider.Code is "egress_refused"
        : failure.Status == 503 || failure is KeyNotTakenException;

    private static void Tag(Call call)
    {
        if (Activity.Current is { IsAllDataRequested: true } activity)
        {
            activity.SetTag("gateway.request_id", call.RequestId);
            activity.SetTag("gateway.route", call.Invocation.Route.Name);
            activity.SetTag("gateway.target", call.Effort.Target?.Label);
            activity.SetTag("gateway.attempts", call.Effort.Attempts);
        }
    }

    // Another's route is none to a caller: whoever could tell the two apart would learn the names of all.
    private async ValueTask<GatewayRoute> FindAsync(Surface surface, string name, Caller caller, CancellationToken cancellationToken) =>
        await routes.FindAsync(name, cancellationToken) is { } route && caller.MaySee(route.Name) ? route : throw Unknown(surface, name);

    private async ValueTask<Admission> AdmitAsync(Call call, Caller caller, Target first)
    {
        var (context, invocation, route) = (call.Context, call.Invocation, call.Invocation.Route);
        if (route.Limits.Count + route.TokenLimits.Count == 0)
        {
            return Admission.Free;
        }

        // What a provider cannot be asked at all uses nothing: the refusal of a body goes before that of a limit (spec/decisions.md §3).
        var target = targets.Of(first);
        if (!invocation.Surface.IsProxy && outbound.Native(invocation, target) is null)
        {
            outbound.Translate(call, outbound.Request(invocation), target);
        }

        var estimate = route.TokenLimits.Count == 0 ? 0 : TokenEstimate.Of(invocation.Body, route.Options, hasOutput: invocation.Type != RouteType.Embeddings);
        var reservation = await limiter.AdmitAsync(route, caller.Id, estimate, call.Aborted);
        reservation.Headers()?.WriteTo(context.Response.Headers, isOpenAiShaped: Dialects.Of(context.Request.Path) is Dialect.OpenAI or Dialect.OpenAIUnified);
        return new Admission(reservation, call.Effort);
    }

    private async ValueTask<CallBody> ReadAsync(HttpRequest request, Surface surface, CancellationToken cancellationToken)
    {
        try
        {
            return await CallBody.ReadAsync(request, _options.MaxBodyBytes, cancellationToken);
        }
        catch (GatewayException refusal) when (surface.IsThirdGeneration)
        {
            throw ThirdGeneration.Refusal(refusal, "chat");
        }
    }

    private async ValueTask AnswerAsync(Call call, TargetBinding target, int targetsLeft)
    {
        var (context, invocation) = (call.Context, call.Invocation);
        if (outbound.Native(invocation, target) is { } native)
        {
            var forwarded = Outbound.Forward(call, target, native);
            var bytes = await client.SendAsync(call, forwarded, static (attempt, _) => UnaryAnswer.ForwardAsync(attempt), targetsLeft);
            call.Effort.Usage = UsageReader.Read(invocation.Surface.Speaks!.Value, bytes.Span);
            bytes = ResponsePin.MarkFor(invocation, target.Target) is { } mark ? ResponsePin.Marked(bytes.Span, mark) ?? bytes : bytes;
            await context.Response.WriteJsonAsync(bytes, call.Aborted);
            return;
        }

        var answer = await EmbeddingBatches.AnswerAsync(
            outbound.Request(invocation),
            invocation.OperationOf(target.Provider).MostInputs?.Invoke(target.Call(stream: false)),
            async (part, _) =>
            {
                var (operation, provided, request) = outbound.Translate(call, part, target);
                return await client.SendAsync(call, request, (attempt, _) => UnaryAnswer.TranslateAsync(attempt, operation, provided), targetsLeft);
            },
            call.Aborted);
        call.Effort.Usage = UsageReader.Read(answer);
        await context.Response.WriteJsonAsync(invocation.IsFirstGeneration
            ? FirstGeneration.Answer(answer, invocation.Type, IsFlat(invocation))
            : answer);
    }

    private async ValueTask StreamAsync(Call call, TargetBinding target, int targetsLeft)
    {
        var (invocation, showsUsage) = (call.Invocation, call.Invocation.Facts.WantsUsage);
        ProviderRequest request;
        ProviderClient.Reader<IClientStream> peek;
        if (outbound.Native(invocation, target) is { } native)
        {
            request = Outbound.Forward(call, target, native);
            var api = invocation.Surface.Speaks!.Value;
            var mark = ResponsePin.MarkFor(invocation, target.Target);
            peek = async (attempt, _) => await StreamRelay.PeekAsync(attempt, api, showsUsage, showsDone: !invocation.Surface.EndsWithDone, invocation.Facts.Choices, mark);
        }
        else
        {
            (var operation, var provided, request) = outbound.Translate(call, outbound.Request(invocation), target);
            peek = async (attempt, _) => await StreamTranslation.PeekAsync(attempt, operation, provided, showsUsage);
        }

        await RelayAsync(call, await client.SendAsync(call, request, peek, targetsLeft));
    }

    private async ValueTask ProxyAsync(Call call, TargetBinding target, int targetsLeft)
    {
        var request = Outbound.Proxy(call, target);
        var answer = await client.SendAsync(call, request, static (attempt, _) => ProxyAnswer.ReadAsync(attempt), targetsLeft);
        if (answer.Stream is { } stream)
        {
            call.Effort.IsStream = true;
            await RelayAsync(call, stream);
            return;
        }

        await call.Context.Response.WriteJsonAsync(answer.Bytes, call.Aborted);
    }

    private async ValueTask RelayAsync(Call call, IClientStream opened)
    {
        await using var stream = opened;
        // Where events begin and end in a proxy's stream is not known, so that no comment could stand between them.
        var heartbeat = call.Invocation.Surface.IsProxy ? Timeout.InfiniteTimeSpan : _options.Streams.Heartbeat;
        await using var writer = new EventWriter(call.Context, time, heartbeat);
        var output = new StreamOutput(call.Context, writer, time, call.Deadlines.StreamIdle, call.Deadlines.StreamLongest, call.WantsArray ? new ArrayFrame() : null);
        try
        {
            if (await output.RunAsync(stream, call.Invocation.Surface.EndsWithDone) is { } failure)
            {
                LogBrokenStream(logger, call.Invocation.Route.Name, call.RequestId, call.Effort.Target!.Label, failure.Code);
            }
        }
        finally
        {
            call.Effort.Usage = stream.Usage;
        }
    }

    private static bool IsFlat(Invocation invocation) =>
        invocation.Surface.IsFirstGeneration
        && invocation.Body.TryGetProperty("texts"u8, out var texts) && texts.ValueKind == JsonValueKind.String;

    private static string ModelOf(CallBody body) =>
        body.Root.TryGetProperty("model"u8, out var model) && model.ValueKind == JsonValueKind.String && model.GetString() is { Length: > 0 } name
            ? name
            : throw new GatewayException(400, "Missing required 'model' parameter in request body") { Param = "model", Code = "missing_required_parameter" };

    private static GatewayException Unknown(Surface surface, string name) => surface switch
    {
        { IsPassthrough: true } or { IsThirdGeneration: true, ModelNamesRoute: false } => ThirdGeneration.Unknown(name),
        { ModelNamesRoute: true } or { AllowsModel: true } => new GatewayException(404, $"The model '{name}' does not exist: no route has this name.") { Code = "model_not_found", Param = "model", Type = "invalid_request_error" },
        { IsFirstGeneration: true } => new GatewayException(404, $"The route '{name}' is not present or active on the server. Please verify the route name."),
        _ => new GatewayException(404, "Not Found"),
    };

    [LoggerMessage(301, LogLevel.Warning, "Route {Route}, call {RequestId}: {From} failed with {Status} ({Code}), falling back to {To}.")]
    private static partial void LogFallback(ILogger logger, string route, string requestId, string from, string to, int status, string? code);

    [LoggerMessage(302, LogLevel.Warning, "Route {Route}, call {RequestId}: a stream of {Target} ended with an error: {Code}.")]
    private static partial void LogBrokenStream(ILogger logger, string route, string requestId, string target, string? code);
}

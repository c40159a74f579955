using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Errors;

/// <summary>The outermost step: turns whatever is thrown below into an answer in the dialect of the path.</summary>
internal sealed partial class ErrorBoundary(IOptions<GatewayOptions> options, ILogger<ErrorBoundary> logger)
{
    private static readonly string[] Kept = ["Allow", "RateLimit", "x-ratelimit-", "X-Request-Id"];

    private readonly TimeSpan _longestWait = options.Value.Limits.MaxRetryAfter;

    /// <summary>Runs <paramref name="next"/>; afterwards the request has an answer, or its connection is cut.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed })
            {
                await WriteAsync(context, new GatewayException(405, "Method Not Allowed"));
            }
        }
        catch (GatewayException refusal)
        {
            await WriteAsync(context, refusal);
        }
        catch (BadHttpRequestException failure)
        {
            await WriteAsync(context, new GatewayException(failure.StatusCode, failure.Message));
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer; what happens while a caller leaves is not a failure.
        }
#pragma warning disable CA1031 // the boundary is where unforeseen exceptions end
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogUnforeseen(logger, context.Request.Method, context.Request.Path, failure);
            await WriteAsync(context, new GatewayException(500, "Internal Server Error"));
        }
    }

    private Task WriteAsync(HttpContext context, GatewayException refusal)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            // An answer that broke off must not look finished.
            context.Abort();
            return Task.CompletedTask;
        }

        // What is true of the call stays true of its refusal; what was said of the answer does not.
        var kept = response.Headers.Where(header => Array.Exists(Kept, prefix => header.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToArray();
        response.Clear();
        foreach (var (name, value) in kept)
        {
            response.Headers[name] = value;
        }

        var dialect = Dialects.Of(context.Request.Path);
        response.StatusCode = ErrorBody.Status(dialect, refusal);
        // MLflow's clients obey it however long it is, so that a longer one is left out (spec/decisions.md D5).
        if (refusal.RetryAfter is { } wait && wait <= _longestWait)
        {
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (name, value) in dialect is Dialect.OpenAI or Dialect.OpenAIUnified ? [.. refusal.Headers, .. refusal.OpenAIHeaders] : refusal.Headers)
        {
            response.Headers[name] = value;
        }

        return response.WriteJsonAsync(ErrorBody.Of(dialect, refusal));
    }

    [LoggerMessage(900, LogLevel.Error, "{Method} {Path} failed unexpectedly.")]
    private static partial void LogUnforeseen(ILogger logger, string method, string path, Exception failure);
}

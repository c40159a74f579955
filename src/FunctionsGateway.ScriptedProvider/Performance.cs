using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.ScriptedProvider;

/// <summary>Plays one answer to one client, faults included.</summary>
internal sealed class Performance(HttpContext context, Ask ask, Dialect dialect, TimeProvider time)
{
    private readonly Script _script = ask.Script;

    public async Task PlayAsync()
    {
        foreach (var (name, value) in _script.Headers)
        {
            context.Response.Headers[name] = value;
        }

        await WaitAsync(_script.Delay);
        if (_script.CutAfter == 0)
        {
            context.Abort();
        }
        else if (_script.Status != 200 || _script.Body is not null)
        {
            await AnswerInsteadAsync();
        }
        else if ((ask.Streams || dialect.AlwaysStreams) && dialect.Events is { } events)
        {
            await StreamAsync(events(ask));
        }
        else
        {
            await AnswerAsync();
        }
    }

    private Task AnswerInsteadAsync()
    {
        context.Response.StatusCode = _script.Status;
        if (_script.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        context.Response.ContentType = _script.ContentType;
        return SendAsync(_script.Body ?? dialect.Error(_script.Status).ToJsonString());
    }

    private async Task AnswerAsync()
    {
        if (_script.StallAfter == 0)
        {
            await StallAsync();
        }

        var body = dialect.Answer(ask).ToJsonString();
        context.Response.ContentType = "application/json";
        if (_script.CutInsideAfter is null)
        {
            await SendAsync(_script.MalformedAfter is null ? body : Half(body));
            return;
        }

        context.Response.ContentLength = Encoding.UTF8.GetByteCount(body);
        await CutInsideAsync(body);
    }

    private async Task StreamAsync(IEnumerable<string> events)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        await context.Response.StartAsync(context.RequestAborted);
        var (sent, held) = (0, "");
        foreach (var next in events)
        {
            if (sent == _script.StallAfter)
            {
                await StallAsync();
            }

            if (sent == _script.CutAfter)
            {
                await CutAsync();
                return;
            }

            if (sent == _script.CutInsideAfter)
            {
                await CutInsideAsync(next);
                return;
            }

            if (sent == _script.EndAfter)
            {
                return;
            }

            if (sent == _script.ErrorEventAfter)
            {
                await SendAsync(dialect.ErrorEvent);
                return;
            }

            if (sent == _script.MalformedAfter)
            {
                await SendAsync("data: {\"choices\": [{\"delta\n\n");
            }

            sent++;
            held += next;
            if (sent < _script.Together)
            {
                continue;
            }

            await SendAsync(held);
            held = "";
            await WaitAsync(_script.Pace);
        }
    }

    private async Task CutInsideAsync(string text)
    {
        await SendAsync(Half(text));
        await CutAsync();
    }

    private async Task CutAsync()
    {
        // an abort discards what the socket has not taken yet
        await Task.Delay(TimeSpan.FromMilliseconds(50), time, context.RequestAborted);
        context.Abort();
    }

    private async Task SendAsync(string text)
    {
        await context.Response.WriteAsync(text, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private Task WaitAsync(TimeSpan span) => span > TimeSpan.Zero ? Task.Delay(span, time, context.RequestAborted) : Task.CompletedTask;

    private Task StallAsync() => Task.Delay(Timeout.InfiniteTimeSpan, time, context.RequestAborted);

    private static string Half(string text) => text[..(text.Length / 2)];
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace FunctionsGateway.Tests.Security;

/// <summary>Hears everything that the process says beside its answers: logs at every level with scopes and exceptions, traces, metrics, and exceptions that are caught.</summary>
internal sealed class Ears : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly ActivityListener _activities;
    private readonly MeterListener _meters;
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public Ears()
    {
        _activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                Hear("trace", activity.DisplayName, activity.StatusDescription, activity.TraceStateString);
                Hear("trace", [.. activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"), .. activity.Baggage.Select(pair => $"{pair.Key}={pair.Value}")]);
                Hear("trace", [.. activity.Events.SelectMany(e => e.Tags.Select(tag => $"{e.Name} {tag.Key}={tag.Value}"))]);
            },
        };
        ActivitySource.AddActivityListener(_activities);
        _meters = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        _meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => HearTags(instrument, tags));
        _meters.SetMeasurementEventCallback<int>((instrument, _, tags, _) => HearTags(instrument, tags));
        _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => HearTags(instrument, tags));
        _meters.Start();
        AppDomain.CurrentDomain.FirstChanceException += OnException;
    }

    public IEnumerable<string> Heard => _heard;

    /// <summary>Has the instruments that tell only when they are asked tell what they know.</summary>
    public void Observe() => _meters.RecordObservableInstruments();

    public bool HasHeard(string kind) => _heard.Any(text => text.StartsWith(kind, StringComparison.Ordinal));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= OnException;
        _meters.Dispose();
        _activities.Dispose();
    }

    private void OnException(object? sender, FirstChanceExceptionEventArgs e) => Hear("exception", e.Exception.GetType().FullName, e.Exception.Message, e.Exception.InnerException?.Message);

    private void HearTags(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            Hear("metric", instrument.Name, name, Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }

    private void Hear(string kind, params string?[] texts) => _heard.Enqueue($"{kind}: {string.Join(" | ", texts)}");

    private sealed class Logger(Ears ears, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => ears._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(", ", pairs.Select(pair => $"{pair.Key}={pair.Value}")) : "";
            ears._scopes.ForEachScope((scope, to) => to.Hear("log scope", $"{scope}", scope is IEnumerable<KeyValuePair<string, object>> named ? string.Join(", ", named.Select(pair => $"{pair.Key}={pair.Value}")) : ""), ears);
            ears.Hear("log", $"{logLevel} {category}", formatter(state, exception), values, exception?.ToString());
        }
    }
}

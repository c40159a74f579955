using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Routes;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace FunctionsGateway.Upstream;

/// <summary>Retries, and one circuit breaker per target.</summary>
internal sealed class ProviderResilience
{
    private static readonly ResiliencePropertyKey<Deadline> DeadlineKey = new("gateway.deadline");

    private static readonly TimeSpan Break = TimeSpan.FromSeconds(10);

    private const int MostCircuits = 20_000;

    private readonly TimeProvider _time;
    private readonly TargetHealth _health;
    private readonly ConcurrentDictionary<string, ResiliencePipeline> _circuits = new(StringComparer.Ordinal);
    private readonly ResiliencePipeline _retry;

    /// <summary>Builds the retry rule: twice, on transient failures only, waiting as the provider asks, within the call's deadline.</summary>
    public ProviderResilience(TimeProvider time, Dice dice, TargetHealth health)
    {
        _time = time;
        _health = health;
        _retry = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 2,
                Randomizer = () => dice(),
                ShouldHandle = arguments => ValueTask.FromResult(
                    IsWorthRetry(arguments.Outcome.Exception)
                    && DelayOf((ProviderException)arguments.Outcome.Exception!, arguments.AttemptNumber, dice) < Left(arguments.Context)),
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(
                    DelayOf((ProviderException)arguments.Outcome.Exception!, arguments.AttemptNumber, dice)),
            })
            .Build();
    }

    /// <summary>What a target is known by, here and on other instances: its place, its model and where it is served. Its key is no part of it: a new one heals nothing.</summary>
    public static string KeyOf(Target target, string address) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{target.Id} {target.Provider} {target.Model} {address}")));

    /// <summary>The circuit breaker of a target; routes that are replaced keep it as long as provider, model and address stay.</summary>
    public ResiliencePipeline CircuitOf(string key)
    {
        if (_circuits.Count >= MostCircuits)
        {
            // Circuits of targets that are no more are told from the others by nothing; to begin anew with all of them does no harm.
            _circuits.Clear();
        }

        return _circuits.GetOrAdd(key, _ =>
            new ResiliencePipelineBuilder { TimeProvider = _time }
                .AddCircuitBreaker(new CircuitBreakerStrategyOptions
                {
                    // A 429 says "later", not "broken": it is the caller's matter, or a fallback's, and must not stop everybody else.
                    ShouldHandle = arguments => ValueTask.FromResult(
                        arguments.Outcome.Exception is ProviderException { IsTransient: true, Status: not 429 }),
                    FailureRatio = 0.5,
                    MinimumThroughput = 20,
                    SamplingDuration = TimeSpan.FromSeconds(30),
                    BreakDuration = Break,
                    OnOpened = arguments =>
                    {
                        _health.Rest(key, arguments.BreakDuration);
                        return default;
                    },
                    OnClosed = _ =>
                    {
                        _health.Recover(key);
                        return default;
                    },
                })
                .Build());
    }

    /// <summary>Sends once through the target's circuit; with <paramref name="mayRetry"/> up to three times.</summary>
    /// <exception cref="ProviderException">The provider failed, or its circuit is open.</exception>
    public async ValueTask<T> SendAsync<T, TState>(
        TargetBinding target, bool mayRetry, Deadline deadline, Func<TState, CancellationToken, ValueTask<T>> send, TState state, CancellationToken cancellationToken)
        where T : notnull
    {
        ProviderException first;
        try
        {
            return await ThroughCircuit(target, send, state, cancellationToken);
        }
        catch (ProviderException failure) when (mayRetry && IsWorthRetry(failure))
        {
            first = failure;
        }

        // The pipeline of retries is entered by what failed: it counts the first failure as its own first try, and a good call never pays for it.
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(DeadlineKey, deadline);
            return await _retry.ExecuteAsync(
                static (context, s) => Interlocked.Exchange(ref s.failed.Value, null) is { } failure
                    ? ValueTask.FromException<T>(failure)
                    : ThroughCircuit(s.target, s.send, s.state, context.CancellationToken),
                context,
                (target, send, state, failed: new StrongBox<ProviderException?>(first)));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    // Outcomes of type object pass Polly's strategies without being wrapped on the way in and out.
    private static async ValueTask<T> ThroughCircuit<T, TState>(
        TargetBinding target, Func<TState, CancellationToken, ValueTask<T>> send, TState state, CancellationToken cancellationToken)
        where T : notnull
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            var outcome = await target.Circuit.ExecuteOutcomeAsync(
                static async (context, s) =>
                {
                    try
                    {
                        return Outcome.FromResult<object>(await s.send(s.state, context.CancellationToken));
                    }
#pragma warning disable CA1031 // thrown again as soon as the circuit has counted it
                    catch (Exception failure)
#pragma warning restore CA1031
                    {
                        return Outcome.FromException<object>(failure);
                    }
                },
                context,
                (send, state));
            if (outcome.Exception is BrokenCircuitException open)
            {
                throw ProviderException.CircuitOpen(target.Provider, open.RetryAfter);
            }

            outcome.ThrowIfException();
            return (T)outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static bool IsWorthRetry(Exception? failure) => failure is ProviderException { IsTransient: true, IsWorthRetry: true };

    // The providers' SDKs wait 0.5 s doubled per try, at most 8 s, less up to a quarter; a Retry-After goes before.
    private static TimeSpan DelayOf(ProviderException failure, int attempt, Dice dice) =>
        failure.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(8, 0.5 * Math.Pow(2, attempt)) * (1 - (0.25 * dice())));

    private static TimeSpan Left(ResilienceContext context) =>
        context.Properties.TryGetValue(DeadlineKey, out var deadline) ? deadline.Left : TimeSpan.Zero;
}

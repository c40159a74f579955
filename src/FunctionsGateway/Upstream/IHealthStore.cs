namespace FunctionsGateway.Upstream;

/// <summary>Where instances tell each other which targets rest; what is written expires by itself.</summary>
internal interface IHealthStore
{
    /// <summary>The targets that rest now.</summary>
    Task<IReadOnlyList<TargetRest>> ReadAsync(CancellationToken cancellation);

    /// <summary>Tells the others; a rest that is over tells that the target answers again.</summary>
    Task WriteAsync(TargetRest rest, CancellationToken cancellation);
}

/// <summary>A target that is given a rest.</summary>
/// <param name="Key">The target, <see cref="TargetBinding.Key"/>.</param>
/// <param name="Until">When it may be tried again.</param>
internal sealed record TargetRest(string Key, DateTimeOffset Until);

using FunctionsGateway.LocalHost;

namespace FunctionsGateway.Tests.Support;

/// <summary>
/// The Table Storage of a test class, as <c>IClassFixture&lt;AzuriteFixture&gt;</c>: one Azurite in memory for the whole run,
/// started by the first class that asks and ended with the test process, and table names that no other class has.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private static readonly Lazy<Task<Azurite>> Shared = new(() => Azurite.StartAsync(new AzuriteOptions { Port = 0 }));

    private int _tables;

    /// <summary>Reaches Azurite.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Begins every table name of this class: a letter, then letters and digits.</summary>
    public string TablePrefix { get; } = $"t{Guid.NewGuid():N}"[..16];

    /// <summary>A name that no table has yet.</summary>
    public string NewTableName() => $"{TablePrefix}n{Interlocked.Increment(ref _tables)}";

    /// <inheritdoc/>
    public async Task InitializeAsync() => ConnectionString = (await Shared.Value).ConnectionString;

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;
}

namespace FunctionsGateway.Tests.Support;

/// <summary>Waits for what happens soon in another process or thread.</summary>
internal static class Eventually
{
    /// <summary>Returns as soon as <paramref name="condition"/> holds; fails when it does not within half a minute.</summary>
    public static Task IsTrueAsync(Func<bool> condition) => IsTrueAsync(() => Task.FromResult(condition()));

    /// <inheritdoc cref="IsTrueAsync(Func{bool})"/>
    public static async Task IsTrueAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; !await condition(); i++)
        {
            Assert.True(i < 1500, "It did not happen within 30 seconds.");
            await Task.Delay(20);
        }
    }
}

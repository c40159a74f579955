using FunctionsGateway.LocalHost;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FunctionsGateway.Tests.Porch;

/// <summary>The container finds what it lacks at the start, not at the first call that needs it.</summary>
public sealed class ServicesTests
{
    [Fact]
    public async Task Are_whole_and_no_singleton_holds_a_scoped_one()
    {
        await using var server = await StartAsync(null);
        using var client = new HttpClient { BaseAddress = server.Address };

        Assert.True((await client.GetAsync(new Uri("health", UriKind.Relative))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Would_be_seen_with_a_hole()
    {
        var fault = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(services => services.AddSingleton<HasAHole>()));

        Assert.Contains(nameof(IMissing), fault.Message, StringComparison.Ordinal);
    }

    private static Task<LocalHostServer> StartAsync(Action<IServiceCollection>? more) => LocalHostServer.StartAsync(
        new Dictionary<string, string?> { ["GatewayStorage"] = "memory", ["Gateway__Access__Anonymous"] = "true" },
        configure: builder =>
        {
            builder.Host.UseDefaultServiceProvider(options => (options.ValidateScopes, options.ValidateOnBuild) = (true, true));
            more?.Invoke(builder.Services);
        });

    private interface IMissing;

    private sealed class HasAHole(IMissing missing)
    {
        public override string ToString() => $"{missing}";
    }
}

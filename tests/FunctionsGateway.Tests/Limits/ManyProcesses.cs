using System.Diagnostics;
using FunctionsGateway.Tests.Support;
using Xunit.Abstractions;

namespace FunctionsGateway.Tests.Limits;

/// <summary>Real processes over a real store.</summary>
public class ManyProcesses(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int Limit = 1_000;

    [Fact]
    public async Task Admits_exactly_the_limit_to_four_processes_of_64_callers()
    {
        var admitted = await RunAsync(kill: false);
        Assert.Equal(Limit, admitted.Sum());
    }

    [Fact]
    public async Task Never_admits_more_when_a_process_is_killed_midway()
    {
        var admitted = await RunAsync(kill: true);
        Assert.InRange(admitted.Sum(), Limit / 4, Limit);
    }

    private async Task<int[]> RunAsync(bool kill)
    {
        // All within one hour's window.
        var left = TimeSpan.FromHours(1) - TimeSpan.FromTicks(DateTime.UtcNow.Ticks % TimeSpan.TicksPerHour);
        await Task.Delay(left < TimeSpan.FromMinutes(1) ? left + TimeSpan.FromSeconds(1) : TimeSpan.Zero);

        var table = azurite.NewTableName();
        var workers = Enumerable.Range(0, 4).Select(_ => Start(table)).ToList();
        var counts = new int[workers.Count];
        try
        {
            await Task.WhenAll(workers.Select(worker => worker.StandardError.ReadLineAsync()));
            workers.ForEach(worker => worker.StandardInput.WriteLine());
            await Task.WhenAll(workers.Select(async (worker, i) =>
            {
                while (await worker.StandardOutput.ReadLineAsync() is { } line)
                {
                    counts[i] += line == "admitted" ? 1 : 0;
                    if (kill && i == 0 && counts.Sum() >= Limit / 3)
                    {
                        worker.Kill(); // SIGKILL
                    }
                }

                await worker.WaitForExitAsync();
                Assert.True(worker.ExitCode == 0 || (kill && i == 0), await worker.StandardError.ReadToEndAsync());
            })).WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }

        output.WriteLine($"admitted by process: {string.Join(", ", counts)}; together {counts.Sum()}");
        return counts;
    }

    private Process Start(string table) => Process.Start(new ProcessStartInfo("dotnet")
    {
        ArgumentList = { Path.Combine(AppContext.BaseDirectory, "FunctionsGateway.LimitWorker.dll"), azurite.ConnectionString, table, $"{Limit}", "64" },
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FunctionsGateway.Benchmarks;

if (args is ["storage", ..])
{
    StorageOperations.Print();
    return;
}

// In this process: the stand-in packages make a benchmark's own project more trouble than it is worth.
var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(WarmAdmission).Assembly).Run(args, DefaultConfig.Instance.AddJob(job));

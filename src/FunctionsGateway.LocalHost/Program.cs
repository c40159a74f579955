using FunctionsGateway.LocalHost;

try
{
    await Launch.RunAsync(args, Console.WriteLine);
    return 0;
}
catch (Exception e)
{
    await Console.Error.WriteLineAsync(Launch.Explain(e));
    return 1;
}

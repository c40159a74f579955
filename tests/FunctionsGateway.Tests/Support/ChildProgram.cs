using FunctionsGateway.Tests.Security;

namespace FunctionsGateway.Tests.Support;

/// <summary>The tests as a program: what needs a process of its own, by the first argument.</summary>
internal static class ChildProgram
{
    public static Task<int> Main(string[] arguments) => arguments switch
    {
        ["managed-identity", var port] => ManagedIdentityTests.RunAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)),
        _ => Task.FromResult(2),
    };
}

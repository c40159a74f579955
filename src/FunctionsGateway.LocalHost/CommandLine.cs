namespace FunctionsGateway.LocalHost;

/// <summary>What stands on the command line.</summary>
/// <param name="Urls">The addresses to listen on, or null for the default.</param>
/// <param name="Demo">Whether to bring the scripted provider and routes on it.</param>
/// <param name="Help">Whether only the options are asked for.</param>
internal sealed record CommandLine(string? Urls, bool Demo, bool Help)
{
    /// <summary>The options, as <c>--help</c> prints them.</summary>
    public const string Usage = """
        Runs FunctionsGateway on this machine.

          --urls <address>   where to listen (default http://localhost:7071); several are separated by ;
          --demo             also start a scripted provider, and create routes on it that need no key
          --help             this text
        """;

    /// <summary>Reads <paramref name="args"/>.</summary>
    /// <exception cref="StartException">An option is unknown, or its value is missing or wrong.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var line = new CommandLine(null, false, false);
        for (var i = 0; i < args.Count; i++)
        {
            line = args[i] switch
            {
                "--demo" => line with { Demo = true },
                "--help" or "-h" => line with { Help = true },
                "--urls" when i + 1 < args.Count => line with { Urls = args[++i] },
                var arg when arg.StartsWith("--urls=", StringComparison.Ordinal) => line with { Urls = arg["--urls=".Length..] },
                var arg => throw new StartException($"'{arg}' is not understood; --help lists the options."),
            };
        }

        foreach (var url in line.Urls?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            Check(url);
        }

        return line;
    }

    // Kestrel takes what it cannot read for a name, and listens on port 80 of every address
    private static void Check(string url)
    {
        var plain = url.Trim().Replace("//*", "//any", StringComparison.Ordinal).Replace("//+", "//any", StringComparison.Ordinal);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttp)
        {
            throw new StartException($"'{url}' is no address to listen on; write it like http://localhost:7071.");
        }
    }
}

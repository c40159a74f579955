namespace Azure.Data.Tables;

/// <summary>What a storage connection string says of the Table service.</summary>
internal sealed record ConnectionString(Uri Endpoint, TableSharedKeyCredential? Credential)
{
    // The emulator's account and key are public and the same for everyone.
    private const string Emulator =
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1";

    /// <summary>Parses the text.</summary>
    /// <exception cref="FormatException">The text names no table endpoint, or has a part without <c>=</c>.</exception>
    public static ConnectionString Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=');
            if (equals <= 0)
            {
                throw new FormatException("A part of the storage connection string is not of the form name=value.");
            }

            parts[part[..equals]] = part[(equals + 1)..];
        }

        if (parts.GetValueOrDefault("UseDevelopmentStorage") is "true")
        {
            return Parse(Emulator);
        }

        var (account, key) = (parts.GetValueOrDefault("AccountName"), parts.GetValueOrDefault("AccountKey"));
        var endpoint = parts.GetValueOrDefault("TableEndpoint") ?? (account is null
            ? throw new FormatException("The storage connection string names neither TableEndpoint nor AccountName.")
            : $"{parts.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{account}.table.{parts.GetValueOrDefault("EndpointSuffix", "core.windows.net")}");
        if (parts.GetValueOrDefault("SharedAccessSignature") is { } signature)
        {
            endpoint += $"?{signature.TrimStart('?')}";
        }

        return new(new Uri(endpoint), account is not null && key is not null ? new TableSharedKeyCredential(account, key) : null);
    }
}

using Azure.Core;
using Azure.Data.Tables;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace FunctionsGateway.Storage;

/// <summary>Where tables are: <c>GatewayStorage</c>, else <c>AzureWebJobsStorage</c>; each a connection string, or an address and an identity
/// (<c>__tableServiceUri</c> or <c>__accountName</c>, <c>__credential</c>, <c>__clientId</c>). <c>memory</c> keeps everything in the process.</summary>
internal sealed class StorageConnection
{
    private readonly string? _connectionString;
    private readonly Uri? _address;
    private readonly TokenCredential? _credential;

    private StorageConnection(string? connectionString, Uri? address, TokenCredential? credential)
    {
        _connectionString = connectionString;
        _address = address;
        _credential = credential;
    }

    /// <summary>Whether nothing leaves the process.</summary>
    public bool IsMemory => _connectionString is null && _address is null;

    /// <summary>The connection that the settings name.</summary>
    /// <exception cref="InvalidOperationException">No storage is named, or its address is none.</exception>
    public static StorageConnection Of(IConfiguration settings, IHostEnvironment environment) =>
        Of(settings, environment, "GatewayStorage") ?? Of(settings, environment, "AzureWebJobsStorage") ?? throw new InvalidOperationException(
            "GatewayStorage is not set. Give it a connection string, set GatewayStorage__tableServiceUri to use an identity, or set it to 'memory' to keep everything in the process.");

    /// <summary>Who reads the tables; null where a connection string does.</summary>
    internal TokenCredential? Credential => _credential;

    /// <summary>A client of the tables.</summary>
    /// <param name="options">How it retries; by default as suits reads and changes that can be told from their repetition.</param>
    public TableServiceClient Tables(TableClientOptions? options = null)
    {
        options ??= Patient();
        return _address is not null ? new TableServiceClient(_address, _credential!, options) : new TableServiceClient(_connectionString!, options);
    }

    private static StorageConnection? Of(IConfiguration settings, IHostEnvironment environment, string name)
    {
        if (settings[name] is { Length: > 0 } text)
        {
            return text.Equals("memory", StringComparison.OrdinalIgnoreCase) ? new(null, null, null) : new(text, null, null);
        }

        var section = settings.GetSection(name);
        var address = section["tableServiceUri"] ?? (section["accountName"] is { Length: > 0 } account ? $"https://{account}.table.core.windows.net" : null);
        if (string.IsNullOrEmpty(address))
        {
            return null;
        }

        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            ? new(null, uri, IdentityOf(settings, environment, section))
            : throw new InvalidOperationException($"{name}__tableServiceUri is '{address}'. Give it the https address of a table service, e.g. https://account.table.core.windows.net.");
    }

    private static TokenCredential IdentityOf(IConfiguration settings, IHostEnvironment environment, IConfigurationSection section) =>
        "managedidentity".Equals(section["credential"], StringComparison.OrdinalIgnoreCase)
            ? Hosting.ManagedIdentity(section["clientId"])
            : Hosting.Identity(settings, environment, section["clientId"]);

    private static TableClientOptions Patient()
    {
        var options = new TableClientOptions();
        options.Retry.MaxRetries = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(100);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(1);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(5);
        return options;
    }
}

using System.Diagnostics.CodeAnalysis;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>How a client speaks to the service; retries, transport and policies are those of <see cref="ClientOptions"/>.</summary>
public class TableClientOptions : ClientOptions
{
    /// <summary>Options for a version of the service.</summary>
    /// <param name="serviceVersion">The version that each request names.</param>
    /// <exception cref="ArgumentOutOfRangeException">The version is not known.</exception>
    public TableClientOptions(ServiceVersion serviceVersion = ServiceVersion.V2020_12_06)
    {
        VersionString = serviceVersion switch
        {
            ServiceVersion.V2019_02_02 => "2019-02-02",
            ServiceVersion.V2020_12_06 => "2020-12-06",
            _ => throw new ArgumentOutOfRangeException(nameof(serviceVersion), serviceVersion, "There is no such version of the service."),
        };

        foreach (var header in (ReadOnlySpan<string>)["x-ms-client-request-id", "DataServiceVersion", "Prefer", "Preference-Applied"])
        {
            Diagnostics.LoggedHeaderNames.Add(header);
        }

        foreach (var query in (ReadOnlySpan<string>)["$format", "$filter", "$top", "$select"])
        {
            Diagnostics.LoggedQueryParameters.Add(query);
        }
    }

    internal string VersionString { get; }

    /// <summary>Versions of the Table service.</summary>
    [SuppressMessage("Design", "CA1034", Justification = "The official shape.")]
    [SuppressMessage("Naming", "CA1707", Justification = "The official names.")]
    [SuppressMessage("Design", "CA1008", Justification = "The official values.")]
    public enum ServiceVersion
    {
        /// <summary>2019-02-02.</summary>
        V2019_02_02 = 1,

        /// <summary>2020-12-06, which takes Entra tokens.</summary>
        V2020_12_06 = 2,
    }
}

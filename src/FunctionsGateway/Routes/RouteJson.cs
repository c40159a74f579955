using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsGateway.Limits;
using FunctionsGateway.Routes.Management;

namespace FunctionsGateway.Routes;

/// <summary>The JSON of the routes: what answers show, and what rows hold.</summary>
[JsonSerializable(typeof(RouteView))]
[JsonSerializable(typeof(EndpointView))]
[JsonSerializable(typeof(EarlyRouteView))]
[JsonSerializable(typeof(EarlyRouteAnswer))]
[JsonSerializable(typeof(TrafficRouteView))]
[JsonSerializable(typeof(GatewayRoute))]
[JsonSerializable(typeof(RouteOptionSet))]
[JsonSerializable(typeof(Limit))]
internal sealed partial class RouteJson : JsonSerializerContext
{
    private static readonly Lazy<RouteJson> Shared = new(() => new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<RouteType>(JsonNamingPolicy.SnakeCaseLower), new JsonStringEnumConverter<RowKind>(JsonNamingPolicy.SnakeCaseLower) },
    }));

    /// <summary>As the wire and the rows have it: compact, and text beyond ASCII as it is.</summary>
    public static RouteJson Wire => Shared.Value;

    /// <summary>How answers write by hand what is too long to hold.</summary>
    public static JsonWriterOptions Writing { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text that a row holds.</summary>
    public static string Write(GatewayRoute route) => JsonSerializer.Serialize(route with { ETag = "", Version = 0 }, Wire.GatewayRoute);

    /// <summary>The text of what the route is, without when and by which change it became so.</summary>
    public static string WriteEssence(GatewayRoute route) =>
        Write(route with { Created = default, Updated = default, LimitsVersion = 0 });

    /// <summary>The route that <see cref="Write"/> wrote.</summary>
    public static GatewayRoute Read(string text) => JsonSerializer.Deserialize(text, Wire.GatewayRoute) ?? throw new JsonException("The row holds no route.");
}

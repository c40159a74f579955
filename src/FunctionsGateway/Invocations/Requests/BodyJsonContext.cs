using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace FunctionsGateway.Invocations.Requests;

/// <summary>Single values that are put into a client's bytes.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class BodyJsonContext : JsonSerializerContext;

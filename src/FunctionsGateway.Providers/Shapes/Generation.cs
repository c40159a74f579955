using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>One of the texts in an answer of a model family's own shape, or a piece of one.</summary>
/// <param name="Text">The text.</param>
/// <param name="Reason">Why it ended, in the family's word; null where it has not.</param>
/// <param name="Index">Which of the texts it is; null where the family tells it by the place.</param>
/// <param name="Own">The object that is the text's own, with all else that it tells of it; used up.</param>
internal readonly record struct Generation(string? Text, string? Reason, long? Index = null, JsonObject? Own = null);

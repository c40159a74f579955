using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

public sealed class RemedyTests
{
    [Theory]
    [InlineData("unsupported_parameter", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        """{"model":"o3","max_tokens":5}""", """{"model":"o3","max_completion_tokens":5}""")]
    [InlineData(null, "Unrecognized request argument supplied: stream_options", """{"stream":true,"stream_options":{"include_usage":true}}""", """{"stream":true}""")]
    [InlineData(null, "Unrecognized request argument supplied: stream_options", """{"stream":true}""", null)]
    [InlineData("invalid_value", "max_tokens is too large", """{"max_tokens":500000}""", null)]
    [InlineData("unsupported_parameter", "Unsupported parameter: 'max_tokens'", """{"max_completion_tokens":5}""", null)]
    public void Mends_a_refused_parameter_once(string? code, string message, string request, string? mended)
    {
        var answer = OpenAI.Provider.Chat!.Mend!(new UpstreamError(400, message, "invalid_request_error", code), (JsonObject)JsonNode.Parse(request)!);
        Assert.True(JsonNode.DeepEquals(mended is null ? null : JsonNode.Parse(mended), answer), $"{answer}");
    }
}

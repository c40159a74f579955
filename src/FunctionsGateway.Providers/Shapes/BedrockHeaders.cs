using System.Globalization;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>What Bedrock tells in the headers of an answer (docs.aws.amazon.com/bedrock, "InvokeModel"): who it is, and what InvokeModel's bodies leave out, the tokens.</summary>
internal static class BedrockHeaders
{
    private const string Request = "x-amzn-requestid", Input = "x-amzn-bedrock-input-token-count", Output = "x-amzn-bedrock-output-token-count";

    /// <summary>The headers read here.</summary>
    public static IReadOnlyList<string> Names { get; } = [Request, Input, Output];

    /// <summary>The answer's identifier; null when there is none.</summary>
    public static string? Id(ProviderCall call) => call.AnswerHeaders.GetValueOrDefault(Request);

    /// <summary>The tokens of the request; null when they are not told.</summary>
    public static long? Prompt(ProviderCall call) => Count(call, Input);

    /// <summary>The tokens of the answer; null when they are not told.</summary>
    public static long? Completion(ProviderCall call) => Count(call, Output);

    private static long? Count(ProviderCall call, string name) =>
        long.TryParse(call.AnswerHeaders.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Shapes;

/// <summary>Anthropic's legacy completions (spec/providers-own-shape.md §1.1), as MLflow speaks them.</summary>
internal static class CompleteShape
{
    private const string Human = "\n\nHuman: ", Assistant = "\n\nAssistant:";

    public static JsonObject Request(JsonObject request, ProviderCall call)
    {
        // Before all else, as MLflow has it since 2.10.
        if (call.Stream)
        {
            throw new TranslationException("The completions streaming route is not implemented for Anthropic models.", 501);
        }

        if (request.ContainsKey("top_p"))
        {
            throw new TranslationException("Cannot set both 'temperature' and 'top_p' parameters. Please use only the temperature parameter for your query.");
        }

        MessagesShape.MaxTokens(request);
        MessagesShape.OneAnswer(request);
        request.Rename("max_tokens", "max_tokens_to_sample");
        MessagesShape.StopSequences(request);
        MessagesShape.HalveTemperature(request);
        request.Drop("stream", "stream_options");
        request["prompt"] = Prompt(request.Text("prompt") ?? "");
        request["model"] = call.Model;
        return request;
    }

    public static JsonObject Answer(JsonObject answer, ProviderCall call)
    {
        UpstreamError.ThrowIfError(answer);
        var text = answer.Text("completion") ?? throw new MalformedAnswerException("The provider's answer has no 'completion'.");
        var unified = CompletionShape.NewAnswer(call, [text], answer.Text("stop_reason") is "stop_sequence" ? "stop" : "length");
        unified["id"] = answer.Text("id");
        unified["model"] = answer.Text("model") ?? call.Model;
        return unified;
    }

    private static string Prompt(string prompt)
    {
        prompt = prompt.StartsWith("Human: ", StringComparison.Ordinal) ? "\n\n" + prompt : prompt;
        prompt = prompt.StartsWith(Human, StringComparison.Ordinal) ? prompt : Human + prompt;
        return prompt.EndsWith(Assistant, StringComparison.Ordinal) ? prompt : prompt + Assistant;
    }
}

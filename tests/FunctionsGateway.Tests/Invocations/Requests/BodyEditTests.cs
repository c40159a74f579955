using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Tests.Invocations.Requests;

public class BodyEditTests
{
    private static readonly NativeOperation Plain = new(_ => "/chat/completions");
    private static readonly NativeOperation WithUsage = Plain with { TakesIncludeUsage = _ => true };

    private static string Forward(string json, NativeOperation operation, bool stream = false, Dictionary<string, JsonNode?>? coerced = null)
    {
        using var document = JsonDocument.Parse(json);
        var call = new ProviderCall("gpt \"4\"", [], stream, "", DateTimeOffset.UnixEpoch);
        return Encoding.UTF8.GetString(BodyEdit.Forward(document.RootElement, operation, call, new RequestFacts(stream, false, coerced)));
    }

    [Fact]
    public void Changes_the_model_and_not_a_byte_else() =>
        Assert.Equal(
            """{"model":"gpt \u00224\u0022","messages":[ {"role" : "user","content":"\u00e9 é"} ],"x":1.50,"big":12345678901234567890}""",
            Forward("""{"messages":[ {"role" : "user","content":"\u00e9 é"} ], "model":"route","x":1.50, "big":12345678901234567890}""", Plain));

    [Fact]
    public void Removes_every_model_the_client_wrote() =>
        Assert.Equal("""{"a":1}""", Forward("""{"model":"a","a":1,"model":"b","m\u006fdel":"c"}""", Plain with { ModelInBody = false }));

    [Theory]
    [InlineData("""{"stream":true}""", """{"model":"gpt \u00224\u0022","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream":true,"stream_options":null}""", """{"model":"gpt \u00224\u0022","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":false,"x":1}}""", """{"model":"gpt \u00224\u0022","stream":true,"stream_options":{"include_usage":true,"x":1}}""")]
    public void Asks_for_usage_where_upstream_takes_it(string json, string sent) => Assert.Equal(sent, Forward(json, WithUsage, stream: true));

    [Fact]
    public void Leaves_stream_options_alone_where_upstream_does_not_take_usage() =>
        Assert.Equal("""{"model":"gpt \u00224\u0022","stream_options":{"a":1}}""", Forward("""{"stream_options":{"a":1}}""", Plain, stream: true));

    [Fact]
    public void Takes_stream_options_out_where_upstream_refuses_them() =>
        Assert.Equal("""{"model":"gpt \u00224\u0022"}""", Forward("""{"stream_options":{"a":1}}""", Plain with { RefusesStreamOptions = true }, stream: true));

    [Fact]
    public void Sends_values_as_they_were_read() =>
        Assert.Equal("""{"model":"gpt \u00224\u0022","n":2}""", Forward("""{"n":"2"}""", Plain, coerced: new() { ["n"] = 2 }));

    [Fact]
    public void Adds_members_that_the_client_left_out() => Assert.Equal(
        """{"b":"mine","a":"theirs"}""",
        Forward("""{"b":"mine"}""", Plain with { ModelInBody = false, Members = new Dictionary<string, string> { ["a"] = "theirs", ["b"] = "theirs" } }));

    [Fact]
    public void Writes_an_empty_object_for_nothing() => Assert.Equal("{}", Forward("{}", Plain with { ModelInBody = false }));

    // https://ai.google.dev/api/embeddings and https://ai.google.dev/api/tokens
    [Theory]
    [InlineData(NativeApi.GeminiBatchEmbedContents,
        """{"requests":[{"model":"models/r","content":{"parts":[{"text":"What is the meaning of life?"}]},"taskType":"RETRIEVAL_QUERY"},{"content":{"parts":[]},"model":"models/other"},{"content":{}}]}""",
        """{"requests":[{"model":"models/g","content":{"parts":[{"text":"What is the meaning of life?"}]},"taskType":"RETRIEVAL_QUERY"},{"content":{"parts":[]},"model":"models/g"},{"content":{}}]}""")]
    [InlineData(NativeApi.GeminiCountTokens,
        """{"generateContentRequest":{"model":"models/r","contents":[{"parts":[{"text":"The model is a model."}]}],"systemInstruction":{"parts":[{"text":"x"}]},"n":1.50}}""",
        """{"generateContentRequest":{"model":"models/g","contents":[{"parts":[{"text":"The model is a model."}]}],"systemInstruction":{"parts":[{"text":"x"}]},"n":1.50}}""")]
    [InlineData(NativeApi.GeminiCountTokens, """{"contents":[{"parts":[{"text":"x"}]}]}""", """{"contents":[{"parts":[{"text":"x"}]}]}""")]
    [InlineData(NativeApi.GeminiBatchEmbedContents, """{"requests":"model"}""", """{"requests":"model"}""")]
    [InlineData(NativeApi.GeminiBatchEmbedContents, """{"requests":[]}""", """{"requests":[]}""")]
    public void Names_the_target_wherever_Gemini_wants_the_model_named(NativeApi api, string json, string sent)
    {
        using var document = JsonDocument.Parse(json);
        var call = new ProviderCall("g", [], false, "", DateTimeOffset.UnixEpoch);

        Assert.Equal(sent, Encoding.UTF8.GetString(BodyEdit.Forward(document.RootElement, Gemini.Provider.Native[api], call, new RequestFacts(false, false, null))));
    }
}

using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

public sealed class EmbeddingAnswersTests
{
    [Fact]
    public void Joins_the_answers_of_several_calls_and_keeps_what_is_true_of_all()
    {
        var first = """{"object":"list","model":"m","id":"a","meta":{"n":1},"warnings":["w"],"data":[{"embedding":[1],"index":0}],"usage":{"prompt_tokens":1,"total_tokens":1}}""";
        var second = """{"object":"list","model":"m","id":"b","meta":{"n":2},"warnings":["w"],"data":[{"embedding":[2],"index":0,"truncated":true}],"usage":{"prompt_tokens":2,"total_tokens":2}}""";

        var whole = EmbeddingAnswers.Join([Parse(first), Parse(second)]);

        Assert.True(JsonNode.DeepEquals(
            Parse("""{"object":"list","model":"m","warnings":["w"],"data":[{"embedding":[1],"index":0},{"embedding":[2],"index":1,"truncated":true}],"usage":{"prompt_tokens":3,"total_tokens":3}}"""),
            Parse(whole.ToJsonString())), whole.ToJsonString());
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}

using System.Text;
using FunctionsGateway.Invocations.Answers;
using FunctionsGateway.Providers;

namespace FunctionsGateway.Tests.Invocations.Answers;

public class ChoiceStreamRuleTests
{
    private static EventVerdict Judge(ChoiceStreamRule rule, string data, string name = "") => rule.Judge(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data));

    [Fact]
    public void Forwards_chunks_and_knows_when_every_choice_has_finished()
    {
        var rule = new ChoiceStreamRule(ChoiceWords.OpenAI, showsUsage: false, showsDone: false);
        Assert.False(rule.IsComplete);
        Assert.Equal(EventVerdict.Forward, Judge(rule, """{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null},{"index":1,"delta":{}}]}"""));
        Assert.Equal(EventVerdict.Forward, Judge(rule, """{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"""));
        Assert.False(rule.IsComplete);
        Assert.Equal(EventVerdict.Forward, Judge(rule, """{"choices":[{"finish_reason":"length","delta":{}}]}"""));
        Assert.True(rule.IsComplete);
        Assert.Equal(EventVerdict.End, Judge(rule, "[DONE]"));
    }

    [Fact]
    public void Waits_for_as_many_choices_as_were_asked_for()
    {
        var rule = new ChoiceStreamRule(ChoiceWords.OpenAI, showsUsage: false, showsDone: false, choices: 2);
        Assert.Equal(EventVerdict.Forward, Judge(rule, """{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"""));
        Assert.False(rule.IsComplete);
        Assert.Equal(EventVerdict.Forward, Judge(rule, """{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}]}"""));
        Assert.True(rule.IsComplete);
    }

    [Theory]
    [InlineData(false, "Drop")]
    [InlineData(true, "Forward")]
    public void Shows_the_usage_chunk_only_to_those_who_asked(bool showsUsage, string verdict) =>
        Assert.Equal(verdict, Judge(new ChoiceStreamRule(ChoiceWords.OpenAI, showsUsage, false), """{"choices":[],"usage":{"prompt_tokens":1}}""").ToString());

    [Fact]
    public void Forwards_an_empty_chunk_that_is_no_usage_chunk() =>
        Assert.Equal(EventVerdict.Forward, Judge(new ChoiceStreamRule(ChoiceWords.OpenAI, false, false), """{"choices":[],"usage":null,"prompt_filter_results":[]}"""));

    [Theory]
    [InlineData("""{"error":{"message":"overloaded","type":"server_error","code":503}}""", "")]
    [InlineData("""{"message":"overloaded"}""", "error")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":"error"}],"error":{"message":"overloaded"}}""", "")]
    public void Takes_an_error_event_for_an_error(string data, string name) =>
        Assert.Contains("overloaded", Assert.Throws<ProviderStreamException>(() => Judge(new ChoiceStreamRule(ChoiceWords.OpenAI, false, false), data, name)).Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"a""")]
    [InlineData("""{"choices":[]} trailing""")]
    [InlineData("[1]")]
    [InlineData("nothing")]
    [InlineData("[DONE")]
    public void Takes_what_is_not_a_JSON_object_for_malformed(string data) =>
        Assert.Throws<MalformedAnswerException>(() => Judge(new ChoiceStreamRule(ChoiceWords.OpenAI, false, false), data));

    [Theory]
    [InlineData("plain text", "Forward")]
    [InlineData("", "Forward")]
    [InlineData("h\u00e9 \u4f60", "Forward")]
    [InlineData("a\\nb \\\" c", "Forward")]
    [InlineData("a\"b", "malformed")]
    [InlineData("a\\", "malformed")]
    [InlineData("a\nb", "malformed")]
    [InlineData("\"},\"finish_reason\":\"stop\"},{\"index\":1,\"delta\":{\"content\":\"", "Forward")]
    public void Reads_a_chunk_that_is_like_the_last_as_it_would_alone(string text, string verdict)
    {
        static string Chunk(string text) => $$"""{"id":"c","choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}]}""";
        string Seen(ChoiceStreamRule rule)
        {
            try
            {
                return Judge(rule, Chunk(text)).ToString();
            }
            catch (MalformedAnswerException)
            {
                return "malformed";
            }
        }

        var (warm, cold) = (new ChoiceStreamRule(ChoiceWords.OpenAI, false, false), new ChoiceStreamRule(ChoiceWords.OpenAI, false, false));
        Judge(warm, Chunk("first"));
        Judge(warm, Chunk("second"));
        Assert.Equal(verdict, Seen(cold));
        Assert.Equal(verdict, Seen(warm));
        Assert.Equal(cold.IsComplete, warm.IsComplete);
    }

    [Fact]
    public void Sees_the_end_after_chunks_that_were_alike()
    {
        var rule = new ChoiceStreamRule(ChoiceWords.OpenAI, false, false);
        foreach (var text in (string[])["a", "b", "c"])
        {
            Judge(rule, $$"""{"choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}]}""");
        }

        Assert.False(rule.IsComplete);
        Judge(rule, """{"choices":[{"index":0,"delta":{"content":"d"},"finish_reason":"stop"}]}""");
        Assert.True(rule.IsComplete);
    }
}

using System.Text.Json;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Tests.Invocations.Requests;

public class RequestSchemaTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private static RequestFacts Check(string json, string type = "chat", bool first = false)
    {
        using var document = JsonDocument.Parse(json);
        return RequestSchema.Check(document.RootElement, RouteTypes.Parse("llm/v1/" + type)!.Value, first);
    }

    private static string Faults(string json, string type = "chat", bool first = false) =>
        ErrorBody.Of(Dialect.Mlflow, Assert.Throws<GatewayException>(() => Check(json, type, first)))["detail"]!.ToJsonString();

    [Theory]
    [InlineData("{}", """[{"type":"missing","loc":["body","messages"],"msg":"Field required","input":{}}]""")]
    [InlineData("""{"messages":[]}""", """[{"type":"too_short","loc":["body","messages"],"msg":"List should have at least 1 item after validation, not 0","input":[],"ctx":{"field_type":"List","min_length":1,"actual_length":0}}]""")]
    [InlineData("""{"messages":[{"content":"x"}]}""", """[{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required","input":{"content":"x"}}]""")]
    [InlineData("""{"messages":"x"}""", """[{"type":"list_type","loc":["body","messages"],"msg":"Input should be a valid list","input":"x"}]""")]
    [InlineData("""{"messages":null}""", """[{"type":"list_type","loc":["body","messages"],"msg":"Input should be a valid list","input":null}]""")]
    [InlineData("""{"messages":[1]}""", """[{"type":"model_attributes_type","loc":["body","messages",0],"msg":"Input should be a valid dictionary or object to extract fields from","input":1}]""")]
    [InlineData("{" + Messages + ""","temperature":3}""", """[{"type":"less_than_equal","loc":["body","temperature"],"msg":"Input should be less than or equal to 2","input":3,"ctx":{"le":2.0}}]""")]
    [InlineData("{" + Messages + ""","temperature":"hot"}""", """[{"type":"float_parsing","loc":["body","temperature"],"msg":"Input should be a valid number, unable to parse string as a number","input":"hot"}]""")]
    [InlineData("{" + Messages + ""","n":0}""", """[{"type":"greater_than_equal","loc":["body","n"],"msg":"Input should be greater than or equal to 1","input":0,"ctx":{"ge":1}}]""")]
    [InlineData("{" + Messages + ""","max_tokens":5.5}""", """[{"type":"int_from_float","loc":["body","max_tokens"],"msg":"Input should be a valid integer, got a number with a fractional part","input":5.5}]""")]
    [InlineData("{" + Messages + ""","stop":[]}""", """[{"type":"too_short","loc":["body","stop"],"msg":"List should have at least 1 item after validation, not 0","input":[],"ctx":{"field_type":"List","min_length":1,"actual_length":0}}]""")]
    [InlineData("{" + Messages + ""","stream":"maybe"}""", """[{"type":"bool_parsing","loc":["body","stream"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}]""")]
    public void Names_faults_of_a_chat_as_MLflow_does(string json, string faults) => Assert.Equal(faults, Faults(json));

    [Fact]
    public void Names_all_faults_at_once_in_the_order_of_the_fields()
    {
        var faults = JsonDocument.Parse(Faults("""{"messages":[],"temperature":3,"n":0,"stop":[1]}""")).RootElement;
        Assert.Equal(["temperature", "n", "stop", "messages"], faults.EnumerateArray().Select(f => f.GetProperty("loc")[1].GetString()));
    }

    [Theory]
    [InlineData("""{"prompt":["a"]}""", """[{"type":"string_type","loc":["body","prompt"],"msg":"Input should be a valid string","input":["a"]}]""")]
    [InlineData("{}", """[{"type":"missing","loc":["body","prompt"],"msg":"Field required","input":{}}]""")]
    public void Names_faults_of_completions(string json, string faults) => Assert.Equal(faults, Faults(json, "completions"));

    [Fact]
    public void Names_both_ways_in_which_texts_to_embed_may_be_given() =>
        Assert.Equal(
            """[{"type":"string_type","loc":["body","input","str"],"msg":"Input should be a valid string","input":5},{"type":"list_type","loc":["body","input","list[str]"],"msg":"Input should be a valid list","input":5}]""",
            Faults("""{"input":5}""", "embeddings"));

    [Theory]
    [InlineData("""{"prompt":"x","temperature":1.5}""", "temperature")]
    [InlineData("""{"prompt":"x","candidate_count":6}""", "candidate_count")]
    public void Holds_the_first_generation_to_its_own_ranges(string json, string field) =>
        Assert.Contains($"\"{field}\"", Faults(json, "completions", first: true), StringComparison.Ordinal);

    [Theory]
    [InlineData("{" + Messages + ""","stop":"END"}""")]
    [InlineData("{" + Messages + ""","stop":null,"max_tokens":null,"temperature":null}""")]
    [InlineData("{" + Messages + ""","unknown":{"deep":[1]},"temperature":0,"top_p":1}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]},{"role":"tool","content":[{"type":"file"}],"name":"x"}]}""")]
    public void Takes_what_clients_send(string json) => Assert.Null(Check(json).Coerced);

    [Fact]
    public void Reads_texts_that_spell_numbers_as_numbers()
    {
        var facts = Check("{" + Messages + ""","temperature":"0.5","n":"2","stream":"yes","max_tokens":5.0}""");
        Assert.True(facts.IsStream);
        Assert.Equal("""{"temperature":0.5,"n":2,"max_tokens":5,"stream":true}""", JsonSerializer.Serialize(facts.Coerced));
    }

    [Fact]
    public void Never_sends_a_large_value_back() =>
        Assert.Contains("\"input\":null", Faults($$"""{"prompt":["{{new string('a', 5000)}}"]}""", "completions"), StringComparison.Ordinal);
}

using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Tests.Errors;

public class ErrorBodyTests
{
    [Theory]
    [InlineData("/gateway/chat/invocations", "Mlflow")]
    [InlineData("/api/2.0/gateway/routes/", "Mlflow")]
    [InlineData("/nowhere", "Mlflow")]
    [InlineData("/v1/chat/completions", "OpenAIUnified")]
    [InlineData("/V1/responses", "OpenAIUnified")]
    [InlineData("/gateway/mlflow/v1/chat/completions", "OpenAIUnified")]
    [InlineData("/openai/deployments/x/chat/completions", "OpenAIUnified")]
    [InlineData("/gateway/openai/v1/responses", "OpenAI")]
    [InlineData("/gateway/anthropic/v1/messages", "Anthropic")]
    [InlineData("/anthropic/v1/messages", "Anthropic")]
    [InlineData("/gemini/v1beta/models/x:generateContent", "Gemini")]
    [InlineData("/ajax-api/3.0/mlflow/gateway/secrets/list", "Management")]
    public void Knows_the_dialect_of_a_path(string path, string dialect) => Assert.Equal(dialect, Dialects.Of(new PathString(path)).ToString());

    [Theory]
    [InlineData("Mlflow", """{"detail":"No."}""")]
    [InlineData("Management", """{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"No."}""")]
    [InlineData("OpenAIUnified", """{"error":{"message":"No.","type":"invalid_request_error","param":"model","code":"model_not_found"},"detail":"No."}""")]
    [InlineData("OpenAI", """{"error":{"message":"No.","type":"invalid_request_error","param":"model","code":"model_not_found"}}""")]
    [InlineData("Anthropic", """{"type":"error","error":{"type":"not_found_error","message":"No."},"request_id":null}""")]
    [InlineData("Gemini", """{"error":{"code":404,"message":"No.","status":"NOT_FOUND"}}""")]
    [InlineData("Cohere", """{"message":"No."}""")]
    [InlineData("Mistral", """{"object":"error","message":"No.","type":"invalid_request_error","param":"model","code":"model_not_found"}""")]
    public void Says_no_in_every_dialect(string dialect, string body)
    {
        var refusal = new GatewayException(404, "No.") { Code = dialect == "Management" ? null : "model_not_found", Param = "model" };
        Assert.Equal(body, ErrorBody.Of(Enum.Parse<Dialect>(dialect), refusal).ToJsonString());
    }

    [Fact]
    public void Answers_a_body_at_fault_422_in_MLflows_words_and_400_in_all_others()
    {
        var refusal = GatewayException.Invalid([new Fault("missing", ["body", "messages"], "Field required")]);
        Assert.Equal(422, ErrorBody.Status(Dialect.Mlflow, refusal));
        Assert.Equal(400, ErrorBody.Status(Dialect.OpenAIUnified, refusal));
        Assert.Equal("messages: Field required", ErrorBody.Of(Dialect.OpenAIUnified, refusal)["error"]!["message"]!.GetValue<string>());
    }

    [Fact]
    public void Keeps_the_error_member_of_a_429_to_MLflows_paths()
    {
        var refusal = new GatewayException(429, "Full.") { Error = "Rate limit exceeded: 50 per 1 minute" };
        Assert.Equal("""{"error":"Rate limit exceeded: 50 per 1 minute","detail":"Full."}""", ErrorBody.Of(Dialect.Mlflow, refusal).ToJsonString());
        Assert.Equal("rate_limit_error", ErrorBody.Of(Dialect.OpenAI, refusal)["error"]!["type"]!.GetValue<string>());
    }
}

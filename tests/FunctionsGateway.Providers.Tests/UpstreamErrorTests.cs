using System.Text;

namespace FunctionsGateway.Providers.Tests;

public sealed class UpstreamErrorTests
{
    [Theory]
    [InlineData(429, """{"error":{"message":"m","type":"requests","param":"p","code":"rate_limit_exceeded"}}""", "m", "requests", "rate_limit_exceeded", "p")]
    [InlineData(429, """{"error":{"code":"429","message":"m","innererror":{}}}""", "m", null, "429", null)]
    [InlineData(401, """{"statusCode":401,"message":"m"}""", "m", null, null, null)]
    [InlineData(502, """{"error":{"code":502,"message":"m","metadata":{}}}""", "m", null, "502", null)]
    [InlineData(400, """{"object":"error","message":"m","type":"t","param":null,"code":"3505"}""", "m", "t", "3505", null)]
    [InlineData(422, """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body"],"msg":"a"},{"msg":"b"}]},"type":"t"}""", "a; b", "t", null, null)]
    [InlineData(422, """{"detail":[{"type":"missing","loc":["body"],"msg":"Field required"}]}""", "Field required", null, null, null)]
    [InlineData(401, """{"detail":"Unauthorized"}""", "Unauthorized", null, null, null)]
    [InlineData(422, """{"detail":{"error":"m"}}""", "m", null, null, null)]
    [InlineData(400, """{"code":"c","error":"m"}""", "m", null, "c", null)]
    [InlineData(400, """{"message":"m","type":"t","param":"p","code":"c"}""", "m", "t", "c", "p")]
    [InlineData(429, """{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"m"}""", "m", null, "REQUEST_LIMIT_EXCEEDED", null)]
    [InlineData(422, """{"error":"m","error_type":"validation"}""", "m", "validation", null, null)]
    [InlineData(429, """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[]}}""", "m", "RESOURCE_EXHAUSTED", "429", null)]
    [InlineData(429, """[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]""", "m", "RESOURCE_EXHAUSTED", "429", null)]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error","message":"m"},"request_id":"r"}""", "m", "not_found_error", null, null)]
    [InlineData(400, """{"__type":"com.amazon.coral.service#ValidationException","Message":"m"}""", "m", "ValidationException", null, null)]
    [InlineData(400, """{"error":"invalid_client","error_description":"m"}""", "invalid_client", null, null, null)]
    [InlineData(500, "plain words", "plain words", null, null, null)]
    [InlineData(500, """{"unknown":1}""", """{"unknown":1}""", null, null, null)]
    [InlineData(503, "", "The provider answered 503 without a message.", null, null, null)]
    [InlineData(500, """{"a":1,"a":2}""", """{"a":1,"a":2}""", null, null, null)]
    public void Reads_every_form_of_error(int status, string body, string message, string? type, string? code, string? param) =>
        Assert.Equal(new UpstreamError(status, message, type, code, param), UpstreamError.Read(status, "application/json", Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Cuts_raw_text_to_two_kilobytes() => Assert.Equal(2048, UpstreamError.Read(500, "text/plain", new byte[9000].Select(_ => (byte)'x').ToArray()).Message.Length);

    [Fact]
    public void Keeps_a_proxys_page_to_itself() =>
        Assert.Equal("The provider answered 502 without a message.", UpstreamError.Read(502, "text/html; charset=utf-8", "<html>"u8).Message);

    [Theory]
    [InlineData(400, 400)]
    [InlineData(401, 502)]
    [InlineData(402, 502)]
    [InlineData(403, 502)]
    [InlineData(404, 404)]
    [InlineData(408, 504)]
    [InlineData(409, 409)]
    [InlineData(413, 413)]
    [InlineData(415, 415)]
    [InlineData(422, 422)]
    [InlineData(429, 429)]
    [InlineData(498, 503)]
    [InlineData(500, 500)]
    [InlineData(502, 502)]
    [InlineData(503, 503)]
    [InlineData(504, 504)]
    [InlineData(529, 503)]
    [InlineData(302, 502)]
    public void Answers_with_the_status_of_decision_D7(int provider, int gateway)
    {
        Assert.Equal(gateway, UpstreamError.StatusForCaller(provider));
        Assert.Equal(gateway, new UpstreamError(provider, "m").ForCaller().Status);
    }

    [Fact]
    public void Tells_a_caller_of_a_fault_of_their_own_that_only_mentions_keys()
    {
        var error = new UpstreamError(400, "messages.0.content: 'where is my API key' is too short.");

        Assert.Equal(error, error.ForCaller());
    }

    [Theory]
    [InlineData(400, "Incorrect API key provided: xa***. You can obtain an API key from https://console.x.ai.")]
    [InlineData(400, "API key not valid. Please pass a valid API key.")]
    [InlineData(400, "API key expired. Please renew the API key.")]
    [InlineData(400, "API Key not found. Please pass a valid API key.")]
    [InlineData(401, "Incorrect API key provided: sk-1***.")]
    public void Never_tells_a_caller_about_the_gateways_key(int status, string message) =>
        Assert.Equal(new UpstreamError(502, "The provider refused the gateway's credential."), new UpstreamError(status, message, "t", "c", "p").ForCaller());
}

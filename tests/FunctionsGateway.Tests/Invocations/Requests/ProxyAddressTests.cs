using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Requests;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Tests.Invocations.Requests;

public class ProxyAddressTests
{
    [Theory]
    [InlineData("https://api.openai.com/v1", "v1/responses", "?a=b%20c&key=mine", "https://api.openai.com/v1/responses?a=b%20c")]
    [InlineData("https://host/some/base/v1/", "v2/x", "", "https://host/some/base/v2/x")]
    [InlineData("https://host", "models/m:generateContent", "", "https://host/models/m:generateContent")]
    public void Lies_below_the_root(string start, string path, string query, string address) => Assert.Equal(address, Of(start, path, query).AbsoluteUri);

    [Theory]
    [InlineData("key")]
    [InlineData("code")]
    [InlineData("api_key")]
    [InlineData("API-Key")]
    [InlineData("access_token")]
    [InlineData("token")]
    public void Takes_what_looks_like_a_credential_out_of_the_query(string name) =>
        Assert.Equal("?alt=sse", Of("https://host/v1", "v1/x", $"?{name}=mine&alt=sse&{name}=again").Query);

    [Theory]
    [InlineData("v1/../x")]
    [InlineData("./x")]
    [InlineData("..")]
    [InlineData("v1//x")]
    [InlineData("v1/a%2e%2e%2fx")]
    [InlineData("v1/a\\x")]
    [InlineData("v1/a?x")]
    [InlineData("v1/a#x")]
    [InlineData("v1/a\nx")]
    public void Refuses_what_could_lead_elsewhere(string path) => Assert.Equal(400, Assert.Throws<GatewayException>(() => Of("https://host/base/v1", path, "")).Status);

    private static Uri Of(string start, string path, string query) => ProxyAddress.Of(
        start, new DefaultHttpContext { Request = { Path = new PathString("/gateway/proxy/name/" + path), QueryString = new QueryString(query) } }.Request);
}

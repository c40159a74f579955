using System.Net.Http.Headers;
using System.Text;
using Amazon.Runtime;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream.Signing;

namespace FunctionsGateway.Tests.Upstream;

/// <summary>The vectors of @smithy/signature-v4 5.7.5 (spec/providers-own-shape.md §7.6).</summary>
public sealed class AwsSignerTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private static readonly AwsFields Fields = new("id", "key");

    [Theory]
    [InlineData(null, "accept;content-type;host;x-amz-content-sha256;x-amz-date", "a0549af7186340183b4f56a65d21a454e20553cb8718268f5765e0ebbf5947ac")]
    [InlineData("SESSIONTOKEN", "accept;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token", "cfe5153da1831d4c1af4707b93cca22a1e867badf8623ceb8db4322ae90c9b6f")]
    public void Signs_as_the_vectors_say(string? token, string names, string signature)
    {
        using var message = new HttpRequestMessage();
        message.Headers.TryAddWithoutValidation("Accept", "application/json");

        AwsSigner.Sign(
            new Credential.AwsSignature("bedrock", "us-east-1", Fields),
            new ImmutableCredentials("AKIDEXAMPLE", Secret, token),
            new DateTime(2026, 1, 15, 12, 0, 0, DateTimeKind.Utc),
            Request(message.Headers, "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"));

        Assert.Equal("20260115T120000Z", message.Headers.GetValues("x-amz-date").Single());
        Assert.Equal("45e583fed2564dc00e823303d7609f8587af7f685b993cb0f998afc0d480b01d", message.Headers.GetValues("x-amz-content-sha256").Single());
        Assert.Equal(token is null ? [] : [token], message.Headers.TryGetValues("x-amz-security-token", out var tokens) ? tokens : []);
        Assert.Equal(
            $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/bedrock/aws4_request, SignedHeaders={names}, Signature={signature}",
            message.Headers.GetValues("Authorization").Single());
    }

    [Fact]
    public void Signs_nothing_that_a_proxy_may_change()
    {
        using var message = new HttpRequestMessage();
        message.Headers.TryAddWithoutValidation("User-Agent", "x");
        message.Headers.TryAddWithoutValidation("traceparent", "y");

        AwsSigner.Sign(new("bedrock", "us-east-1", Fields), new ImmutableCredentials("A", Secret, null), DateTime.UnixEpoch, Request(message.Headers, "http://127.0.0.1:99/model/x/converse"));

        Assert.Contains("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date,", message.Headers.GetValues("Authorization").Single(), StringComparison.Ordinal);
    }

    private static Unsigned Request(HttpRequestHeaders headers, string address) => new(
        null!, new Uri(address), headers, Encoding.UTF8.GetBytes("""{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"""), new KeyRing((_, _) => default, () => { }));
}

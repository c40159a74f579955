using FunctionsGateway.Routes.Validation;

namespace FunctionsGateway.Tests.Routes;

public sealed class BaseAddressRuleTests
{
    [Theory]
    [InlineData("https://api.openai.com/v1")]
    [InlineData("https://api.openai.com:8443/v1/")]
    [InlineData("https://1.1.1.1")]
    [InlineData("https://[2606:4700:4700::1111]/v1")]
    public void Takes_https_addresses_of_the_internet(string address) => Assert.Null(BaseAddressRule.Fault(address, ""));

    [Theory]
    [InlineData("http://api.openai.com/v1", "must begin with https")]
    [InlineData("ftp://api.openai.com", "absolute https")]
    [InlineData("file:///etc/passwd", "absolute https")]
    [InlineData("api.openai.com", "absolute https")]
    [InlineData("", "absolute https")]
    [InlineData("https://user:secret@api.openai.com", "a user")]
    [InlineData("https://api.openai.com@evil.example", "a user")]
    [InlineData("https://@api.openai.com", "canonical form")]
    [InlineData("https://api.openai.com?x=1", "query")]
    [InlineData("https://api.openai.com/#x", "query")]
    [InlineData("https://2130706433/", "canonical form")]
    [InlineData("https://0x7f000001/", "canonical form")]
    [InlineData("https://0x7f.0.0.1/", "canonical form")]
    [InlineData("https://0177.0.0.1/", "canonical form")]
    [InlineData("https://127.1/", "canonical form")]
    [InlineData("https://api.openai.com./", "canonical form")]
    [InlineData("https://127.0.0.1./", "canonical form")]
    [InlineData("https://api.openai.com%2e/", "")]
    [InlineData("https://ａpi.openai.com/", "canonical form")]
    [InlineData("https://ⓛocalhost/", "canonical form")]
    [InlineData("https://①②⑦.0.0.1/", "canonical form")]
    [InlineData("https://bücher.example/", "canonical form")]
    [InlineData("https://127.0.0.1/", "none of the public internet")]
    [InlineData("https://169.254.169.254/metadata", "none of the public internet")]
    [InlineData("https://[::1]/", "none of the public internet")]
    [InlineData("https://[0:0:0:0:0:0:0:1]/", "canonical form")]
    [InlineData("https://[::ffff:127.0.0.1]/", "none of the public internet")]
    [InlineData("https://[::ffff:7f00:1]/", "")]
    [InlineData("https://[64:ff9b::7f00:1]/", "")]
    [InlineData("https://[2002:7f00:1::]/", "none of the public internet")]
    [InlineData("https://\tapi.openai.com/", "")]
    [InlineData("https://api.openai.com\\@evil.example/", "")]
    public void Refuses_every_other_address_with_the_reason(string address, string reason)
    {
        var fault = BaseAddressRule.Fault(address, "");
        Assert.NotNull(fault);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_repeats_the_password_of_a_refused_address() =>
        Assert.DoesNotContain("secret", BaseAddressRule.Fault("https://user:secret@api.openai.com", ""), StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost", "http://localhost:11434/v1", null)]
    [InlineData("localhost:11434", "http://localhost:11434/v1", null)]
    [InlineData("localhost:11434", "http://localhost:9999/v1", "must begin with https")]
    [InlineData("127.0.0.1", "http://127.0.0.1:8000", null)]
    [InlineData("127.0.0.1", "http://127.0.0.2:8000", "must begin with https")]
    public void Takes_hosts_that_the_operator_lists(string allowed, string address, string? reason)
    {
        var fault = BaseAddressRule.Fault(address, allowed);
        if (reason is null)
        {
            Assert.Null(fault);
        }
        else
        {
            Assert.Contains(reason, fault, StringComparison.Ordinal);
        }
    }
}

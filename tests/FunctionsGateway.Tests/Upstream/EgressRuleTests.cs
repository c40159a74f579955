using System.Net;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Tests.Upstream;

public class EgressRuleTests
{
    private static EgressRule Rule(string allowed = "") =>
        new(Options.Create(new GatewayOptions { Egress = new EgressSettings { AllowedHosts = allowed } }));

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("1.1.1.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("10.255.255.255", false)]
    [InlineData("11.0.0.0", true)]
    [InlineData("9.255.255.255", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("100.64.0.0", false)]
    [InlineData("100.127.255.255", false)]
    [InlineData("100.128.0.0", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("169.253.255.255", true)]
    [InlineData("168.63.129.16", false)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.16.0.0", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.0.0.1", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("192.88.99.1", false)]
    [InlineData("192.167.255.255", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("192.169.0.0", true)]
    [InlineData("198.17.255.255", true)]
    [InlineData("198.18.0.0", false)]
    [InlineData("198.19.255.255", false)]
    [InlineData("198.51.100.7", false)]
    [InlineData("203.0.113.7", false)]
    [InlineData("223.255.255.255", true)]
    [InlineData("224.0.0.1", false)]
    [InlineData("239.255.255.255", false)]
    [InlineData("240.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:8.8.8.8", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("2002:a9fe:a9fe::", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2001:200::1", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("2a00:1450:4001:81b::200e", true)]
    [InlineData("3fff::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    public void Tells_public_addresses_from_all_others(string address, bool isPublic) =>
        Assert.Equal(isPublic, EgressRule.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://api.openai.com/v1")]
    [InlineData("https://api.openai.com:8443/v1/")]
    [InlineData("https://1.1.1.1")]
    [InlineData("https://[2606:4700:4700::1111]/v1")]
    public void Takes_https_addresses_of_the_internet(string address) => Assert.Null(Rule().Fault(address));

    [Theory]
    [InlineData("http://api.openai.com/v1", "is not https")]
    [InlineData("ftp://api.openai.com", "is not a URL")]
    [InlineData("file:///etc/passwd", "is not a URL")]
    [InlineData("api.openai.com", "is not a URL")]
    [InlineData("", "is not a URL")]
    [InlineData("https://user:secret@api.openai.com", "user name")]
    [InlineData("https://api.openai.com@evil.example", "user name")]
    [InlineData("https://api.openai.com?x=1", "query")]
    [InlineData("https://api.openai.com/#x", "query")]
    [InlineData("https://2130706433/", "usual form")]
    [InlineData("https://0x7f000001/", "usual form")]
    [InlineData("https://0177.0.0.1/", "usual form")]
    [InlineData("https://127.1/", "usual form")]
    [InlineData("https://api.openai.com./", "usual form")]
    [InlineData("https://api.openai.com%2e/", "")]
    [InlineData("https://ａpi.openai.com/", "usual form")]
    [InlineData("https://127.0.0.1/", "not a public address")]
    [InlineData("https://169.254.169.254/metadata", "not a public address")]
    [InlineData("https://[::1]/", "not a public address")]
    [InlineData("https://[::ffff:127.0.0.1]/", "")]
    [InlineData("https://\tapi.openai.com/", "")]
    public void Refuses_every_other_address_with_the_reason(string address, string reason)
    {
        var fault = Rule().Fault(address);
        Assert.NotNull(fault);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_repeats_the_password_of_a_refused_address() =>
        Assert.DoesNotContain("secret", Rule().Fault("https://user:secret@api.openai.com"), StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost", "http://localhost:11434/v1", null)]
    [InlineData("localhost:11434", "http://localhost:11434/v1", null)]
    [InlineData("localhost:11434", "http://localhost:9999/v1", "not https")]
    [InlineData("127.0.0.1", "http://127.0.0.1:8000", null)]
    [InlineData("127.0.0.1", "http://127.0.0.2:8000", "not https")]
    public void Takes_hosts_that_the_operator_lists(string allowed, string address, string? reason)
    {
        var fault = Rule(allowed).Fault(address);
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

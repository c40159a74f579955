using FunctionsGateway.Routes.Validation;
using FunctionsGateway.Upstream.Egress;

namespace FunctionsGateway.Tests.Upstream;

public sealed class EgressRuleTests
{
    [Theory]
    [InlineData("[::1]:11434", "http://[::1]:11434/v1", true)]
    [InlineData("[::1]:11434", "http://[::1]:11435/v1", false)]
    [InlineData("[::1]", "http://[::1]:11434/v1", true)]
    [InlineData("::1", "http://[::1]:11434/v1", true)]
    [InlineData("localhost:11434", "http://localhost:11434/v1", true)]
    [InlineData("localhost:11434", "http://localhost:11435/v1", false)]
    [InlineData("a.example,B.example", "http://b.example/v1", true)]
    [InlineData("", "http://b.example/v1", false)]
    public void Lists_a_host_alone_or_with_its_port_in_any_form_that_an_address_has(string list, string address, bool isListed)
    {
        var rule = new EgressRule(Microsoft.Extensions.Options.Options.Create(new GatewayOptions { Egress = { AllowedHosts = list } }));
        var uri = new Uri(address);

        Assert.Equal(isListed, BaseAddressRule.IsAllowed(uri, list));
        Assert.Equal(isListed, rule.IsListed(uri.Host, uri.Port));
        // As the connection knows it.
        Assert.Equal(isListed, rule.IsListed(uri.IdnHost, uri.Port));
    }
}

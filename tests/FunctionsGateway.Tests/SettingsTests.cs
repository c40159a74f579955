using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Tests;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Gateway__MaxBodyBytes", "abc", "Gateway__MaxBodyBytes is 'abc': set a whole number.")]
    [InlineData("Gateway__Deadlines__Total", "soon", "Gateway__Deadlines__Total is 'soon': set a time as hh:mm:ss.")]
    [InlineData("Gateway__Access__Anonymous", "maybe", "Gateway__Access__Anonymous is 'maybe': set true or false.")]
    [InlineData("Gateway__Limits__OnStorageFailure", "Panic", "Gateway__Limits__OnStorageFailure is 'Panic': set Refuse or Allow.")]
    [InlineData("Gateway__Deadlines__Totl", "00:01:00", "'Totl' under Gateway__ is no setting of this version")]
    [InlineData("Gateway__MaxBodyBytes", "12", "Gateway__MaxBodyBytes is '12': set a number of bytes from 1024 to 1073741824.")]
    [InlineData("Gateway__Deadlines__StreamLongest", "00:45:00", "Gateway__Deadlines__StreamLongest is '00:45:00': set a time above 00:00:00 and below")]
    [InlineData("WEBSITE_INSTANCE_ID", "i", "Gateway__Access__Anonymous is 'True': in Azure anyone could call and change the gateway")]
    [InlineData("WEBSITE_INSTANCE_ID", "i", "Gateway__Secrets__AllowInline is 'True': keys would be stored in the routes table")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "Production", "Gateway__Access__TrustCallerHeader is 'True': callers could name themselves")]
    public async Task Stops_the_start_with_a_sentence(string name, string value, string sentence)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayUnderTest.StartAsync((name, value)));

        Assert.Contains(refusal.Failures, failure => failure.StartsWith(sentence, StringComparison.Ordinal));
    }
}

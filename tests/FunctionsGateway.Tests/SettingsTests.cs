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
    [InlineData("WEBSITE_POD_NAME", "p", "Gateway__Access__Anonymous is 'True': in Azure anyone could call and change the gateway")]
    [InlineData("LEGION_SERVICE_HOST", "l", "Gateway__Secrets__AllowInline is 'True': keys would be stored in the routes table")]
    [InlineData("WEBSITE_SKU", "FlexConsumption", "Gateway__Access__Anonymous is 'True': in Azure anyone could call and change the gateway")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "Production", "Gateway__Access__TrustCallerHeader is 'True': callers could name themselves")]
    public async Task Stops_the_start_with_a_sentence(string name, string value, string sentence)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayUnderTest.StartAsync((name, value)));

        Assert.Contains(refusal.Failures, failure => failure.StartsWith(sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CONTAINER_NAME")]
    [InlineData("MANAGED_ENVIRONMENT")]
    public async Task Stops_the_start_in_a_container_of_Azures(string name)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayUnderTest.StartAsync((name, "c"), ("WEBSITE_SITE_NAME", "gateway")));

        Assert.Contains(refusal.Failures, failure => failure.StartsWith("Gateway__Access__Anonymous is 'True': in Azure", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("FUNCTIONS_CORETOOLS_ENVIRONMENT", "true")]
    [InlineData("FUNCTIONS_WORKER_RUNTIME", "dotnet-isolated")]
    [InlineData("WEBSITE_HOSTNAME", "localhost:7071")]
    [InlineData("WEBSITE_SITE_NAME", "gateway")]
    [InlineData("CONTAINER_NAME", "of-some-container-tool")]
    [InlineData("MANAGED_ENVIRONMENT", "of-some-other-tool")]
    public async Task Takes_what_local_tools_set_for_no_sign_of_Azure(string name, string value)
    {
        await using var gateway = await GatewayUnderTest.StartAsync((name, value), ("AZURE_FUNCTIONS_ENVIRONMENT", "Development"));

        using var answer = await gateway.Client.GetAsync(new Uri("/v1/models", UriKind.Relative));
        Assert.True(answer.IsSuccessStatusCode);
    }
}

using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Access;
using FunctionsGateway.Limits;
using FunctionsGateway.Limits.Counting;
using FunctionsGateway.Routes;

namespace FunctionsGateway.Tests.Limits;

/// <summary>The pure rules.</summary>
public class LimitRules
{
    [Theory]
    [InlineData("minute", "50 per 1 minute")]
    [InlineData("MINUTES", "50 per 1 minute")]
    [InlineData("5 minutes", "50 per 5 minute")]
    [InlineData(" 2hour ", "50 per 2 hour")]
    [InlineData("year", "50 per 1 year")]
    [InlineData("minute;100/hour", "50 per 1 minute|100 per 1 hour")]
    [InlineData("second , 100 per 2 days|7/month", "50 per 1 second|100 per 2 day|7 per 1 month")]
    public void Reads_renewal_periods(string text, string rules) =>
        Assert.Equal(rules, string.Join('|', LimitRule.Of([new Limit(50, text, null)], []).Select(rule => rule.Wording)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("fortnight")]
    [InlineData("0 minutes")]
    [InlineData("minute;hour")]
    [InlineData("minute;")]
    [InlineData("101 years")]
    [InlineData("99999999999999999999 minutes")]
    [InlineData("-1 minute")]
    public void Refuses_other_periods(string? text) => Assert.False(RenewalPeriod.TryParse(text, out _));

    [Theory]
    [InlineData(1, "Minute", "2026-11-21T12:34:56Z", "2026-11-21T12:34:00Z", "2026-11-21T12:35:00Z")]
    [InlineData(7, "Day", "1970-01-09T01:00:00Z", "1970-01-08T00:00:00Z", "1970-01-15T00:00:00Z")]
    [InlineData(1, "Month", "2028-02-29T23:59:59Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z")]
    [InlineData(3, "Month", "2026-12-31T00:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData(1, "Year", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    public void Cuts_time_into_windows_of_utc(int count, string unit, string at, string start, string end)
    {
        var period = new WindowPeriod(count, Enum.Parse<WindowUnit>(unit));
        var label = period.LabelAt(DateTimeOffset.Parse(at, null));
        Assert.Equal((DateTimeOffset.Parse(start, null), DateTimeOffset.Parse(end, null)), (period.StartOf(label), period.EndOf(label)));
        Assert.Equal([label, label + 1], new[] { period.LabelAt(period.StartOf(label)), period.LabelAt(period.EndOf(label)) });
    }

    [Theory]
    [InlineData(0, 1, 0, 0)]
    [InlineData(40, 1, 40, 0)]
    [InlineData(250, 1, 100, 150)]
    [InlineData(250, 2, 100, 50)]
    [InlineData(250, 3, 50, 0)]
    [InlineData(250, 9, 0, 0)]
    public void Carries_debt_over_the_windows_that_pay_it(long debt, long windows, long reserved, long left)
    {
        var row = new LimitWindow { Label = 10, Reserved = 100, Debt = debt }.MovedTo(10 + windows, 100);
        Assert.Equal((10 + windows, reserved, left), (row.Label, row.Reserved, row.Debt));
    }

    [Fact]
    public void Never_moves_a_label_backwards() => Assert.Equal(10, new LimitWindow { Label = 10 }.MovedTo(9, 100).Label);

    [Fact]
    public void Gives_nothing_back_to_an_exhausted_row()
    {
        Assert.Null(new LimitWindow { Label = 1, Reserved = 10 }.GiveBack(3, 10));
        Assert.Equal(6, new LimitWindow { Label = 1, Reserved = 9 }.GiveBack(3, 10)!.Reserved);
    }

    [Fact]
    public void Never_reserves_more_than_remains()
    {
        var row = new LimitWindow { Label = 1, Reserved = 97 };
        Assert.Equal(3, row.Chunk(waiting: 50, held: 0, limit: 100, writers: 1, worth: 1_000));
        Assert.Equal(0, row.Chunk(waiting: 50, held: 0, limit: 90, writers: 1, worth: 1_000));
        Assert.Equal(1, row.Chunk(waiting: 1, held: 0, limit: 100, writers: 4, worth: 0));
    }

    [Fact]
    public void Tells_identities_apart_whose_texts_run_together()
    {
        var period = new WindowPeriod(1, WindowUnit.Minute);
        var one = new CounterIdentity("ab", period, LimitResource.Calls, LimitKey.User, "c").PartitionKey();
        var other = new CounterIdentity("a", period, LimitResource.Calls, LimitKey.User, "bc").PartitionKey();
        Assert.NotEqual(one, other);
        Assert.Matches("^[A-Z2-7]{52}$", one);
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void Counts_an_ipv6_network_as_one_caller(string address, string key) => Assert.Equal(key, ClientAddress.Of(IPAddress.Parse(address)));

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"héé"}],"max_tokens":7}""", true, 4 + 5 + 7)]
    [InlineData("""{"prompt":"\u00e9\u00e9","n":3,"max_tokens":5}""", true, 4 + 15)]
    [InlineData("""{"prompt":"ab"}""", true, 2 + 4096)]
    [InlineData("""{"input":["abc",[1,2,3]]}""", false, 3 + 3)]
    [InlineData("""{"messages":[{"content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAA"}}]}],"max_completion_tokens":1}""", true, 4 + 2 + 1600 + 1)]
    public void Estimates_tokens_from_bytes_parts_and_caps(string body, bool hasOutput, long tokens) =>
        Assert.Equal(tokens, TokenEstimate.Of(JsonDocument.Parse(body).RootElement, RouteOptionSet.Default, hasOutput));

    [Theory]
    [InlineData("""{"limits":[]}""", "missing", "route")]
    [InlineData("""{"route":"r"}""", "missing", "limits")]
    [InlineData("""{"route":"r","limits":[{"calls":-1,"renewal_period":"minute"}]}""", "greater_than_equal", "limits.0.calls")]
    [InlineData("""{"route":"r","limits":[{"calls":1,"renewal_period":"fortnight"}]}""", "value_error", "limits.0.renewal_period")]
    [InlineData("""{"route":"r","limits":[{"calls":1,"renewal_period":"minute","key":"x"}]}""", "literal_error", "limits.0.key")]
    [InlineData("""{"route":"r","limits":[{"calls":1,"renewal_period":"minute"},{"calls":2,"renewal_period":"1 minutes","key":"route"}]}""", "value_error", "limits.1")]
    [InlineData("""{"route":"r","limits":[{"calls":1.5,"renewal_period":"minute"}]}""", "int_type", "limits.0.calls")]
    [InlineData("""{"route":"r","limits":{}}""", "list_type", "limits")]
    [InlineData("""{"route":"r","limits":[],"token_limits":[{"tokens":"1","renewal_period":"hour"}]}""", "int_type", "token_limits.0.tokens")]
    public void Refuses_a_bad_body_with_its_fault(string body, string type, string path)
    {
        var refusal = Assert.Throws<GatewayException>(() => LimitsBody.Of(JsonNode.Parse(body)));
        Assert.Equal((422, path, type), (refusal.Status, refusal.Param, (string?)refusal.Detail![0]!["type"]));
    }

    [Theory]
    [InlineData(3, "3s")]
    [InlineData(63, "1m3s")]
    [InlineData(3600, "1h0m0s")]
    public void Writes_spans_as_openai_does(long seconds, string text) => Assert.Equal(text, RateHeaders.Span(seconds));
}

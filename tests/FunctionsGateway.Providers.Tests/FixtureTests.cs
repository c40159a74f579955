using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

public sealed class FixtureTests
{
    public static IEnumerable<object[]> Fixtures => Fixture.All.Select(fixture => new object[] { fixture.Provider, fixture.Family, fixture.Name });

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Translates_as_the_fixture_says(string provider, string family, string name)
    {
        var fixture = new Fixture(provider, family, name);
        if (fixture.Read("error.json") is { } error)
        {
            fixture.Check("error.json", error.ContainsKey("provider_status") ? ProviderError(fixture, error) : await Failure(fixture));
            return;
        }

        if (fixture.Read("request.json") is { } request)
        {
            fixture.Check("provider-request.json", fixture.Translation.Request(request, fixture.Call));
        }

        if (fixture.Has("provider-call.json") && !fixture.IsGuest)
        {
            fixture.Check("provider-call.json", Sent(fixture));
        }

        if (fixture.Read("provider-response.json") is { } answer)
        {
            fixture.Check("response.json", fixture.Translation.Response(answer, fixture.Call));
        }

        if (fixture.IsStream)
        {
            var (chunks, failure) = await fixture.Stream(new MemoryStream(fixture.StreamBytes));
            Assert.Null(failure);
            fixture.Check("chunks.json", chunks);
        }
    }

    private static JsonObject Sent(Fixture fixture)
    {
        var (subject, call) = (fixture.Subject, fixture.Call);
        var headers = subject.Headers?.Invoke(call) ?? new Dictionary<string, string>();
        return new()
        {
            ["url"] = subject.BaseAddress(call) + fixture.Translation.PathOf(call, fixture.Read("provider-request.json") ?? []),
            ["headers"] = new JsonObject(headers.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value))),
            ["credential"] = subject.Credential(call).ToString(),
        };
    }

    private static JsonObject ProviderError(Fixture fixture, JsonObject expected)
    {
        var status = expected["provider_status"]!.GetValue<int>();
        var error = UpstreamError.Read(status, "application/json", fixture.Bytes("provider-response.json"), expected["provider_type"]?.GetValue<string>());
        error = (fixture.Subject.Error?.Invoke(error) ?? error).ForCaller();
        var told = new JsonObject { ["provider_status"] = status, ["status"] = error.Status, ["message"] = error.Message, ["type"] = error.Type, ["code"] = error.Code, ["param"] = error.Param };
        if (expected["provider_type"] is { } type)
        {
            told["provider_type"] = type.DeepClone();
        }

        if (error.RetryAfter is { } wait)
        {
            told["retry_after"] = wait.TotalSeconds;
        }

        return told;
    }

    private static async Task<JsonObject> Failure(Fixture fixture)
    {
        var failure = fixture.IsStream ? (await fixture.Stream(new MemoryStream(fixture.StreamBytes))).Failure
            : Record.Exception(() => fixture.Read("request.json") is { } request
                ? fixture.Translation.Request(request, fixture.Call)
                : fixture.Translation.Response(fixture.Read("provider-response.json")!, fixture.Call));
        Assert.NotNull(failure);
        var said = new JsonObject { ["exception"] = failure.GetType().Name, ["detail"] = failure is ProviderStreamException { Detail: var told } ? told : failure.Message };
        switch (failure)
        {
            case TranslationException refusal:
                said["status"] = refusal.Status;
                break;
            case ProviderStreamException event_:
                said["status"] = event_.Status;
                said["type"] = event_.Type;
                said["code"] = event_.Code;
                break;
        }

        return said;
    }
}

using System.Net;
using System.Text.Json.Nodes;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Docs;

/// <summary><c>/docs</c>, as a browser gets it and as a person uses it.</summary>
public sealed class DocsPageTests : IAsyncLifetime
{
    private GatewayUnderTest _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayUnderTest.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Comes_with_all_its_files_and_a_strict_policy()
    {
        foreach (var file in new[] { "", "/page.js", "/page.css", "/swagger-ui.css", "/swagger-ui-bundle.js" })
        {
            using var answer = await _gateway.Client.GetAsync("/docs" + file);
            var text = await answer.Content.ReadAsStringAsync();

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.StartsWith("default-src 'none'; script-src 'self';", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.NotEqual(0, text.Length);
            Assert.Empty(answer.Content.Headers.ContentEncoding);
        }

        foreach (var other in new[] { "passwd", "swagger-ui-bundle.js.gz", "swagger-ui.css.gz" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await _gateway.Client.GetAsync($"/docs/{other}")).StatusCode);
        }
    }

    [Fact]
    public async Task Is_sent_compressed_to_who_takes_that()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs/swagger-ui-bundle.js");
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var answer = await _gateway.Client.SendAsync(request);

        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.InRange(answer.Content.Headers.ContentLength!.Value, 1, 600_000);
    }

    [BrowserFact]
    public async Task Lets_a_person_create_a_route_and_call_it_with_a_key()
    {
        const string key = "a-key-of-thirty-two-characters-or-more";
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("Gateway__Access__Anonymous", "false"), ("Gateway__Access__BootstrapKey", "$FIRST_API_KEY"), ("FIRST_API_KEY", key));
        await using var page = await Chromium.OpenAsync(new Uri(gateway.Client.BaseAddress!, "docs"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Client.GetAsync("/api/2.0/gateway/routes/")).StatusCode);

        await page.ClickAsync(".btn.authorize");
        await page.TypeAsync(".auth-container input", key);
        await page.ClickAsync(".auth-btn-wrapper .authorize");
        await page.ClickAsync(".auth-btn-wrapper .btn-done");

        const string create = "#operations-Routes-CreateRoute";
        await page.ClickAsync($"{create} .opblock-summary-control");
        await page.TypeAsync($"{create} textarea", new JsonObject
        {
            ["name"] = "hello",
            ["route_type"] = "llm/v1/chat",
            ["model"] = new JsonObject
            {
                ["provider"] = "openai",
                ["name"] = "echo",
                ["config"] = new JsonObject { ["openai_api_key"] = "$TEST_API_KEY", ["openai_api_base"] = $"{gateway.Provider.Address}v1" },
            },
        }.ToJsonString());
        await page.ClickAsync($"{create} .execute");
        await page.WaitAsync($"document.querySelector('{create} .live-responses-table tbody .response-col_status')?.innerText.startsWith('200')");
        await page.ClickAsync($"{create} .opblock-summary-control");

        const string invoke = "#operations-Invocations-invokeRoute";
        await page.ClickAsync($"{invoke} .opblock-summary-control");
        await page.TypeAsync($"{invoke} .parameters input", "hello");
        await page.TypeAsync($"{invoke} textarea", """{"messages":[{"role":"user","content":"Hello from the page"}]}""");
        await page.ClickAsync($"{invoke} .execute");
        await page.WaitAsync($"document.querySelector('{invoke} .live-responses-table')?.innerText.includes('Hello from the page')");

        Assert.Empty(page.Complaints);
        Assert.All(page.Requests, request => Assert.True(request.StartsWith(gateway.Client.BaseAddress!.ToString(), StringComparison.Ordinal) || request.StartsWith("data:", StringComparison.Ordinal), request));
        await PortrayAsync(page, invoke);
    }

    // The pictures of README and docs; UPDATE_PICTURES=1 makes them anew.
    private static async Task PortrayAsync(Chromium page, string operation)
    {
        await page.EvaluateAsync("window.scrollTo(0, 0)");
        Assert.NotEmpty(await page.ScreenshotAsync());
        if (Environment.GetEnvironmentVariable("UPDATE_PICTURES") == "1")
        {
            Directory.CreateDirectory(Repository.PathOf("docs/images"));
            await File.WriteAllBytesAsync(Repository.PathOf("docs/images/docs-page.png"), await page.ScreenshotAsync());
            // The answer is what the picture is for.
            await page.EvaluateAsync($"document.querySelector('{operation} .live-responses-table').scrollIntoView({{ block: 'end' }})");
            await File.WriteAllBytesAsync(Repository.PathOf("docs/images/docs-call.png"), await page.ScreenshotAsync());
        }
    }
}

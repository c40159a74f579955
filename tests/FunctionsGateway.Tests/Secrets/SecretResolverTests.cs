using FunctionsGateway.Errors;
using FunctionsGateway.Secrets;
using FunctionsGateway.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace FunctionsGateway.Tests.Secrets;

public sealed class SecretResolverTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly ScriptedVault _vault = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("keys").FullName;
    private readonly SecretResolver _resolver;

    public SecretResolverTests()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["A_API_KEY"] = "from-a-setting", ["B_API_KEY"] = "from-a-setting", ["PATH_OF_ALL"] = "no-key",
                ["UNRESOLVED_API_KEY"] = "@Microsoft.KeyVault(SecretUri=https://other.vault.azure.net/secrets/k)" }).Build();
        Directory.CreateDirectory(Path.Combine(_folder, "root"));
        _resolver = new SecretResolver(
            settings, _vault, Microsoft.Extensions.Options.Options.Create(new GatewayOptions { Secrets = { FileRoot = Path.Combine(_folder, "root") } }), _time, Microsoft.Extensions.Logging.Abstractions.NullLogger<SecretResolver>.Instance);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Reads_a_name_from_the_vault_first_and_else_from_the_settings()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("from-the-vault", null);

        Assert.Equal("from-the-vault", await RevealAsync("$A_API_KEY"));
        Assert.Equal("from-a-setting", await RevealAsync("$B_API_KEY"));
    }

    [Fact]
    public async Task Takes_no_other_key_for_a_vaults_while_the_vault_is_silent()
    {
        _vault.Failure = new SecretStoreException("silent");

        var refusal = await RefusedAsync("$A_API_KEY");

        Assert.Equal(503, refusal.Status);
        Assert.DoesNotContain("A_API_KEY", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$PATH_OF_ALL")]
    [InlineData("$MISSING_API_KEY")]
    [InlineData("keyvault:untagged")]
    [InlineData("keyvault:missing-api-key")]
    [InlineData("keyvault:../secrets")]
    [InlineData("https://evil.example/secrets/a-api-key")]
    [InlineData("https://keys.vault.azure.net/keys/a-api-key")]
    [InlineData("file:a")]
    [InlineData("sk-a-literal")]
    public async Task Refuses_what_may_not_serve_as_a_key(string reference)
    {
        _vault.Secrets["untagged"] = new StoredSecret("not-for-you", null);

        var refusal = await RefusedAsync(reference);

        Assert.Equal(503, refusal.Status);
        Assert.DoesNotContain("not-for-you", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keyvault:tagged")]
    [InlineData("keyvault:tagged/0123456789abcdef0123456789abcdef")]
    [InlineData("https://keys.vault.azure.net/secrets/tagged")]
    [InlineData("https://keys.vault.azure.net/secrets/tagged/0123456789abcdef0123456789abcdef")]
    public async Task Takes_a_tagged_secret_whatever_its_name_and_binds_it(string reference)
    {
        _vault.Secrets["tagged"] = new StoredSecret("value", "https://api.openai.com/");

        var secret = await _resolver.ResolveAsync(reference, isOperators: false, CancellationToken.None);

        Assert.Equal("https://api.openai.com", secret.Origin);
    }

    [Fact]
    public async Task Asks_the_vault_once_for_many_and_not_at_all_while_fresh()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("value", null);
        var gate = new TaskCompletionSource();
        _vault.Gate = gate.Task;

        var waiting = Enumerable.Range(0, 50).Select(_ => RevealAsync("$A_API_KEY")).ToArray();
        gate.SetResult();
        await Task.WhenAll(waiting);
        _time.Advance(TimeSpan.FromMinutes(3));

        Assert.True(RevealAsync("$A_API_KEY").IsCompletedSuccessfully);
        Assert.Equal(1, _vault.Reads);
    }

    [Fact]
    public async Task Reads_anew_in_the_background_before_the_bound()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        await RevealAsync("$A_API_KEY");
        _vault.Secrets["A-API-KEY"] = new StoredSecret("new", null);

        _time.Advance(TimeSpan.FromMinutes(4.5));
        Assert.Equal("old", await RevealAsync("$A_API_KEY"));

        await Eventually.IsTrueAsync(() => RevealAsync("$A_API_KEY").Result == "new");
        Assert.Equal(2, _vault.Reads);
    }

    [Fact]
    public async Task Serves_the_last_value_to_a_throttled_vault_within_its_bound_and_leaves_it_alone()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("value", null);
        await RevealAsync("$A_API_KEY");
        _vault.Failure = new SecretStoreException("429", TimeSpan.FromSeconds(20));

        _time.Advance(TimeSpan.FromMinutes(6));
        for (var i = 0; i < 19; i++)
        {
            Assert.Equal("value", await RevealAsync("$A_API_KEY"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, _vault.Reads);
        _time.Advance(TimeSpan.FromMinutes(55));
        Assert.Equal(503, (await RefusedAsync("$A_API_KEY")).Status);
    }

    [Fact]
    public async Task Rests_longer_after_each_failure()
    {
        _vault.Failure = new SecretStoreException("500");
        for (var second = 0; second < 64; second++)
        {
            await RefusedAsync("$A_API_KEY");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // At 0, 1, 3, 7, 15, 31 and 63 seconds.
        Assert.Equal(7, _vault.Reads);
    }

    [Fact]
    public async Task Serves_no_secret_that_the_vault_says_is_gone()
    {
        _vault.Secrets["tagged"] = new StoredSecret("value", "https://api.openai.com");
        await RevealAsync("keyvault:tagged");
        _vault.Secrets.Clear();
        _time.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("key_missing", (await RefusedAsync("keyvault:tagged")).Code);
    }

    [Fact]
    public async Task Renews_once_for_many_who_were_refused_at_once_and_then_waits_out_a_second()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        var refused = await _resolver.ResolveAsync("$A_API_KEY", false, CancellationToken.None);
        Assert.Null(await _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None));
        Assert.Equal(2, _vault.Reads);

        // Refused for another reason than its age; now it is changed, and whoever comes must not be turned away with the old one.
        _vault.Secrets["A-API-KEY"] = new StoredSecret("new", null);
        var renewing = Enumerable.Range(0, 50).Select(_ => _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None).AsTask()).ToArray();
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.All(renewing, task => Assert.False(task.IsCompleted));
        Assert.Equal(2, _vault.Reads);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.All(await Task.WhenAll(renewing).WaitAsync(TimeSpan.FromSeconds(30)), secret => Assert.Equal("new", secret?.Reveal()));
        Assert.Equal(3, _vault.Reads);

        // Another value that is refused is another matter.
        var second = await _resolver.ResolveAsync("$A_API_KEY", false, CancellationToken.None);
        _vault.Secrets["A-API-KEY"] = new StoredSecret("newest", null);
        Assert.Equal("newest", (await _resolver.RenewAsync("$A_API_KEY", second, CancellationToken.None))?.Reveal());
        Assert.Equal(4, _vault.Reads);
    }

    [Fact]
    public async Task Finds_no_other_key_in_a_time_that_is_too_short_to_ask_again()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        var refused = await _resolver.ResolveAsync("$A_API_KEY", false, CancellationToken.None);
        Assert.Null(await _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None));

        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(0.5), _time);
        var renewing = _resolver.RenewAsync("$A_API_KEY", refused, end.Token).AsTask();
        _time.Advance(TimeSpan.FromSeconds(0.5));

        Assert.Null(await renewing.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Reads_once_more_when_a_reading_that_began_before_the_refusal_brings_the_refused_key()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        var refused = await _resolver.ResolveAsync("$A_API_KEY", false, CancellationToken.None);
        var gate = new TaskCompletionSource();
        _vault.Gate = gate.Task;
        _time.Advance(TimeSpan.FromMinutes(4.5));
        await RevealAsync("$A_API_KEY");
        await Eventually.IsTrueAsync(() => _vault.Reads == 2);

        var renewing = _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None).AsTask();
        _vault.Gate = Task.CompletedTask;
        _vault.AfterNextRead = () => _vault.Secrets["A-API-KEY"] = new StoredSecret("new", null);
        gate.SetResult();

        Assert.Equal("new", (await renewing)?.Reveal());
        Assert.Equal(3, _vault.Reads);
    }

    [Fact]
    public async Task Waits_a_quarter_of_a_second_for_a_silent_vault_while_it_has_a_value()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        await RevealAsync("$A_API_KEY");
        var gate = new TaskCompletionSource();
        _vault.Gate = gate.Task;
        _time.Advance(TimeSpan.FromMinutes(6));

        var waiting = RevealAsync("$A_API_KEY");
        await Eventually.IsTrueAsync(() => _vault.Reads == 2);
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal("old", await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("old", await RevealAsync("$A_API_KEY").WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(2, _vault.Reads);

        // What comes late counts from then on.
        _vault.Secrets["A-API-KEY"] = new StoredSecret("new", null);
        gate.SetResult();
        await Eventually.IsTrueAsync(() => RevealAsync("$A_API_KEY").Result == "new");
    }

    [Fact]
    public async Task Serves_no_value_beyond_its_bound_however_long_the_vault_is_silent()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        await RevealAsync("$A_API_KEY");
        _vault.Gate = new TaskCompletionSource().Task;
        _time.Advance(TimeSpan.FromMinutes(61));

        var waiting = RefusedAsync("$A_API_KEY");
        await Eventually.IsTrueAsync(() => _vault.Reads == 2);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("vault_unavailable", (await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Code);
    }

    [Fact]
    public async Task Takes_a_reference_that_the_platform_did_not_resolve_for_no_key()
    {
        var refusal = await RefusedAsync("$UNRESOLVED_API_KEY");

        Assert.Equal((503, "key_missing"), (refusal.Status, refusal.Code));
        Assert.Contains("Key Vault reference", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("vault.azure.net", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_the_name_of_a_setting_that_is_missing_to_the_log_only()
    {
        var refusal = await RefusedAsync("$MISSING_API_KEY");

        Assert.Equal((503, "key_missing"), (refusal.Status, refusal.Code));
        Assert.DoesNotContain("MISSING_API_KEY", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_a_throttled_vault_alone_though_a_provider_refuses_the_key()
    {
        _vault.Secrets["A-API-KEY"] = new StoredSecret("old", null);
        var refused = await _resolver.ResolveAsync("$A_API_KEY", false, CancellationToken.None);
        _vault.Failure = new SecretStoreException("429", TimeSpan.FromSeconds(30));
        Assert.Null(await _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None));

        for (var i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(7));
            Assert.Null(await _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None));
        }

        Assert.Equal(2, _vault.Reads);
        _vault.Failure = null;
        _vault.Secrets["A-API-KEY"] = new StoredSecret("new", null);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal("new", (await _resolver.RenewAsync("$A_API_KEY", refused, CancellationToken.None))?.Reveal());
    }

    [Fact]
    public async Task Reads_key_files_of_the_operators_file_under_the_root_only()
    {
        var root = Path.Combine(_folder, "root");
        await File.WriteAllTextAsync(Path.Combine(root, "good"), "from-a-file\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "outside"), "stolen");
        Directory.CreateDirectory(Path.Combine(root, "..data"));
        await File.WriteAllTextAsync(Path.Combine(root, "..data", "mounted"), "from-a-mount");
        File.CreateSymbolicLink(Path.Combine(root, "mounted"), Path.Combine("..data", "mounted"));
        File.CreateSymbolicLink(Path.Combine(root, "link"), Path.Combine(_folder, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(root, "up"), _folder);
        File.CreateSymbolicLink(Path.Combine(root, "loop"), Path.Combine(root, "loop"));
        await File.WriteAllTextAsync(Path.Combine(root, "large"), new string('a', 30_000));

        Assert.Equal("from-a-file", await RevealAsync("file:good", isOperators: true));
        Assert.Equal("from-a-mount", await RevealAsync("file:mounted", isOperators: true));
        foreach (var path in new[] { "link", "up/outside", "../outside", Path.Combine(_folder, "outside"), "loop", "large", "none", ".", "", "good\0" })
        {
            Assert.Equal(503, (await RefusedAsync($"file:{path}", isOperators: true)).Status);
        }

        Assert.Equal(503, (await RefusedAsync("file:good")).Status);
    }

    [Fact]
    public void Never_tells_a_secret_as_text()
    {
        Assert.Equal("(secret)", $"{new Secret("sk-value", "https://a.example")}");
        Assert.Equal("(secret)", $"{new StoredSecret("sk-value", null)}");
        Assert.DoesNotContain("sk-value", System.Text.Json.JsonSerializer.Serialize(new Secret("sk-value")), StringComparison.Ordinal);
    }

    private async Task<string> RevealAsync(string reference, bool isOperators = false) =>
        (await _resolver.ResolveAsync(reference, isOperators, CancellationToken.None)).Reveal();

    private async Task<GatewayException> RefusedAsync(string reference, bool isOperators = false) =>
        await Assert.ThrowsAsync<GatewayException>(() => RevealAsync(reference, isOperators));
}

using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>One folder <c>Fixtures/{provider}/{operation}[-{case}]</c>; which files it holds says what is checked.</summary>
/// <remarks>
/// <c>request.json</c> → <c>provider-request.json</c>, <c>provider-call.json</c> (url, headers, credential);
/// <c>provider-response.json</c> → <c>response.json</c>; <c>provider-response.sse</c> (or <c>.jsonl</c>, or <c>.frames</c>: see <see cref="Wire"/>) → <c>chunks.json</c>;
/// <c>provider-response-headers.json</c>: the headers of the answer that the operation reads;
/// <c>error.json</c>: what is thrown instead, or, when it has a <c>provider_status</c>, what a caller is told of the provider's error.
/// <c>config.json</c> (<c>model</c>, <c>config</c>, <c>choices</c>: how many were asked for) may lie beside the folders and in them. With UPDATE_FIXTURES=1 the expectations are written anew.
/// A file <c>members.txt</c> beside the folders names providers that must pass them too, the address aside,
/// each followed by the cases in which it differs (and then has a fixture of its own).
/// </remarks>
public sealed record Fixture(string Provider, string Family, string Name)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Root { get; } = Path.Combine(Here(), "Fixtures");

    public static bool Update { get; } = Environment.GetEnvironmentVariable("UPDATE_FIXTURES") == "1";

    public static IEnumerable<Fixture> All =>
        from family in Directory.GetDirectories(Root).Order(StringComparer.Ordinal)
        from folder in Directory.GetDirectories(family).Order(StringComparer.Ordinal)
        from provider in Members(family, Path.GetFileName(folder))
        let fixture = new Fixture(provider, Path.GetFileName(family), Path.GetFileName(folder))
        where !fixture.IsGuest || fixture.Offered is not null
        select fixture;

    public string Operation => Name.Split('-')[0];

    public bool IsGuest => Provider != Family;

    public bool IsStream => StreamFile is not null;

    public string? StreamFile => Directory.GetFiles(Folder, "provider-response.*").FirstOrDefault(file => !file.EndsWith(".json", StringComparison.Ordinal));

    private string Folder => Path.Combine(Root, Family, Name);

    public Provider Subject => ProviderCatalog.Find(Provider) ?? throw new InvalidOperationException($"No provider '{Provider}'.");

    public Operation Translation => Offered ?? throw new InvalidOperationException($"{Provider} does not offer {Operation}.");

    private Operation? Offered => Operation switch
    {
        "chat" => Subject.Chat,
        "completions" => Subject.Completions,
        "embeddings" => Subject.Embeddings,
        _ => throw new InvalidOperationException($"'{Name}' begins with no operation."),
    };

    public ProviderCall Call
    {
        get
        {
            var config = Read("config.json") ?? Read("../config.json") ?? [];
            return new(
                config["model"]?.GetValue<string>() ?? "test-model",
                IsGuest ? [] : config["config"]?.DeepClone() as JsonObject ?? [],
                IsStream || Read("request.json")?["stream"]?.GetValue<bool>() == true,
                "0123456789abcdef0123456789abcdef",
                DateTimeOffset.FromUnixTimeSeconds(1677858242))
            {
                Choices = config["choices"]?.GetValue<int>() ?? 1,
                AnswerHeaders = (Read("provider-response-headers.json") ?? []).ToDictionary(header => header.Key, header => header.Value!.GetValue<string>()),
            };
        }
    }

    /// <summary>The model and the configuration of the provider's folder.</summary>
    public (string Model, JsonObject Config) Example => Read("../config.json") is { } root
        ? (root["model"]?.GetValue<string>() ?? "test-model", root["config"] as JsonObject ?? [])
        : ("test-model", []);

    public bool Has(string file) => File.Exists(Path.Combine(Folder, file));

    public byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    public JsonObject? Read(string file) => Has(file) ? (JsonObject)JsonNode.Parse(Bytes(file))! : null;

    /// <summary>Holds <paramref name="actual"/> against the file; an update writes it where it differs.</summary>
    public void Check(string file, JsonNode actual)
    {
        var expected = Has(file) ? JsonNode.Parse(Bytes(file)) : null;
        if (JsonNode.DeepEquals(expected, Plain(actual)))
        {
            return;
        }

        if (Update && !IsGuest)
        {
            File.WriteAllText(Path.Combine(Folder, file), actual.ToJsonString(Indented) + "\n");
            return;
        }

        Assert.Equal(expected?.ToJsonString(Indented), actual.ToJsonString(Indented));
        Assert.Fail($"{this}: {file} differs.");
    }

    /// <summary>The unified chunks of the stream in <paramref name="bytes"/>, gathered until its end or its failure.</summary>
    public async Task<(JsonArray Chunks, Exception? Failure)> Stream(Stream bytes)
    {
        var chunks = new JsonArray();
        try
        {
            await foreach (var chunk in Translation.Stream!(Events(bytes), Call))
            {
                chunks.Add((JsonNode)chunk);
            }
        }
        catch (Exception failure) when (failure is MalformedAnswerException or ProviderStreamException)
        {
            return (chunks, failure);
        }

        return (chunks, null);
    }

    /// <summary>A file beside the providers' folders.</summary>
    public static JsonObject ReadShared(string file) => (JsonObject)JsonNode.Parse(File.ReadAllBytes(Path.Combine(Root, file)))!;

    public override string ToString() => IsGuest ? $"{Provider} ({Family}/{Name})" : $"{Family}/{Name}";

    /// <summary>The stream as it comes over the network.</summary>
    public byte[] StreamBytes => [.. StreamEvents.SelectMany(bytes => bytes)];

    /// <summary>The stream, event by event.</summary>
    public IReadOnlyList<byte[]> StreamEvents => Wire.Read(File.ReadAllText(StreamFile!), Framing);

    public Framing Framing => Translation.Framing(Call);

    private IAsyncEnumerable<SseItem<string>> Events(Stream bytes) => EventReader.Read(bytes, Framing);

    // Numbers made by code and numbers read from text compare as text.
    private static JsonNode? Plain(JsonNode node) => JsonNode.Parse(node.ToJsonString());

    // A line is a provider's name, and after it the cases in which it differs from the family.
    private static IEnumerable<string> Members(string family, string name)
    {
        var list = Path.Combine(family, "members.txt");
        var guests = File.Exists(list) ? File.ReadAllLines(list).Select(line => line.Split(' ')).Where(words => !words.Contains(name)).Select(words => words[0]) : [];
        return guests.Prepend(Path.GetFileName(family));
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

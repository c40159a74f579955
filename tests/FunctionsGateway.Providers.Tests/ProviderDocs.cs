using System.Text;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Providers.Tests;

/// <summary>Writes <c>docs/providers.md</c> from the catalogue; what is given as an example comes from the fixtures.</summary>
internal static class ProviderDocs
{
    private static readonly string[] Operations = ["chat", "completions", "embeddings"];

    public static string Write()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # Providers

            <!-- Written from the catalogue. Do not edit: run `UPDATE_DOCS=1 dotnet test tests/FunctionsGateway.Providers.Tests`. -->

            Every provider is one value in one file of `src/FunctionsGateway.Providers`; this page is made from those values, and each "yes" in it
            is backed by golden fixtures in `tests/FunctionsGateway.Providers.Tests/Fixtures`. "streams" means that the gateway streams the operation; where a
            provider has no such operation the gateway answers 501.

            | provider | chat | completions | embeddings | credentials |
            |---|---|---|---|---|

            """);
        foreach (var provider in ProviderCatalog.All)
        {
            var cells = Operations.Select(name => OperationOf(provider, name) switch { null => "–", { Stream: null } => "yes", _ => "yes, streams" });
            text.Append($"| [`{provider.Name}`](#{provider.Name}) | {string.Join(" | ", cells)} | {string.Join(", ", Credentials(provider))} |\n");
        }

        text.Append(
            """

            Credentials: *key* is a secret of the route in a header of its own or as a bearer token; *AWS signature* is SigV4 with keys, a role or the machine's
            own identity; *Entra token*, *Google token* and *OAuth client* are tokens that the gateway fetches and renews; *none* sends nothing.

            The value of a secret field is a reference: `$NAME` is the app setting of that name. The names of the third generation (`api_key`, `api_base`, …)
            are understood beside the provider's own. Every provider's base address can be set; the operator allows private ones in
            `Gateway__Egress__AllowedHosts`.

            ## What OpenAI's shape has no place for

            What the unified shape cannot hold stands beside its members. When a client returns the assistant's message as it was, the next provider gets of it what
            it takes: its own members in its own form, and none that it would refuse. A surface that forwards bytes (`/v1/chat/completions`) forwards them where
            nothing must be taken out, and translates the call otherwise; the native APIs' own surfaces forward what the client sent.

            | member | of | what it holds | given by | goes back to |
            |---|---|---|---|---|

            """);
        foreach (var (name, meaning) in BesideOpenAI.Members)
        {
            text.Append($"| `{name}` | {string.Join(", ", BesideOpenAI.PlacesOf(name))} | {meaning} | {List(BesideOpenAI.GivenBy(name))} | {List(BesideOpenAI.TakenBackBy(name))} |\n");
        }

        text.Append(
            """

            All else that an answer holds stays under the provider's own names: at the top, in its choice, or in `usage`.

            """);
        foreach (var provider in ProviderCatalog.All)
        {
            Section(text, provider);
        }

        return text.ToString();
    }

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "–";

    public static Operation? OperationOf(Provider provider, string name) => name switch
    {
        "chat" => provider.Chat,
        "completions" => provider.Completions,
        _ => provider.Embeddings,
    };

    /// <summary>The kinds of credential that configurations of the provider lead to.</summary>
    public static IReadOnlyList<string> Credentials(Provider provider) =>
        [.. Configurations(provider).Select(config => Kind(provider.Credential(Call(config)))).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>What the docs call a credential.</summary>
    public static string Kind(Credential credential) => Kind(credential.GetType().Name);

    public static string Kind(string type) => type switch
    {
        "Bearer" or "Header" => "key",
        "AwsSignature" => "AWS signature",
        "EntraToken" => "Entra token",
        "GoogleToken" => "Google token",
        "ClientCredentials" => "OAuth client",
        _ => "none",
    };

    /// <summary>A route with what the provider requires and nothing else.</summary>
    public static JsonObject Minimal(Provider provider)
    {
        var example = Example(provider);
        var config = new JsonObject();
        foreach (var field in provider.Config.Fields.Where(field => field.IsRequired))
        {
            config[field.Name] = Value(field, example.Config);
        }

        // What a rule between fields asks for beyond that.
        foreach (var field in provider.Config.Fields.Where(field => example.Config[field.Name] is not null && provider.Config.Validate(config).Count > 0))
        {
            config[field.Name] ??= example.Config[field.Name]!.DeepClone();
        }

        if (config.Count == 0 && provider.Config.Fields.FirstOrDefault(field => field.Members is not null || field.IsSecret) is { } only && example.Config[only.Name] is { } value)
        {
            config[only.Name] = value.DeepClone();
        }

        return new() { ["provider"] = provider.Name, ["name"] = example.Model, ["config"] = config };
    }

    private static IEnumerable<JsonObject> Configurations(Provider provider)
    {
        var minimal = (JsonObject)Minimal(provider)["config"]!;
        yield return minimal;
        foreach (var fixture in Fixture.All.Where(fixture => fixture.Provider == provider.Name && !fixture.IsGuest))
        {
            yield return fixture.Call.Config;
        }

        foreach (var field in provider.Config.Fields.Where(field => field.IsSecret && !field.IsRequired))
        {
            var without = (JsonObject)minimal.DeepClone();
            without.Remove(field.Name);
            yield return without;
            without[field.Name] = "$KEY";
            yield return without;
        }
    }

    private static ProviderCall Call(JsonObject config) => new("m", config, false, "0", DateTimeOffset.UnixEpoch);

    private static (string Model, JsonObject Config) Example(Provider provider)
    {
        var fixture = Fixture.All.FirstOrDefault(fixture => fixture.Provider == provider.Name && !fixture.IsGuest);
        return fixture?.Example ?? ("my-model", []);
    }

    private static JsonNode Value(ConfigField field, JsonObject example) => example[field.Name]?.DeepClone()
        ?? (field.IsSecret ? $"${field.Name.ToUpperInvariant()}" : field.IsBaseAddress ? "https://my-server.example" : $"my-{field.Name.Replace('_', '-')}");

    private static void Section(StringBuilder text, Provider provider)
    {
        text.Append($"\n## {provider.Name}\n\n");
        var also = provider.Aliases.Count > 0 ? $"Also called {string.Join(", ", provider.Aliases.Select(alias => $"`{alias}`"))}. " : "";
        var native = provider.Native.Count > 0 ? $"Native APIs forwarded as they are: {string.Join(", ", provider.Native.Keys.Order())}." : "";
        if (also.Length + native.Length > 0)
        {
            text.Append($"{also}{native}".TrimEnd()).Append("\n\n");
        }

        text.Append("| config key | meaning | default |\n|---|---|---|\n");
        foreach (var (field, prefix) in provider.Config.Fields.SelectMany(field => (field.Members ?? []).Select(member => (member, field.Name + ".")).Prepend((field, ""))))
        {
            var notes = new List<string> { field.Meaning };
            if (field.IsSecret)
            {
                notes.Add("A secret.");
            }

            if (field.Values is { } values)
            {
                notes.Add($"One of {string.Join(", ", values.Select(value => $"`{value}`"))}.");
            }

            if (field.Aliases.Count > 0)
            {
                notes.Add($"Also {string.Join(", ", field.Aliases.Select(alias => $"`{alias}`"))}.");
            }

            if (field.Settings.Count > 0)
            {
                notes.Add($"When absent, the app setting {string.Join(" or ", field.Settings.Select(name => $"`{name}`"))}.");
            }

            text.Append($"| `{prefix}{field.Name}` | {string.Join(' ', notes)} | {(field.IsRequired || field.IsRequiredFor?.Invoke([]) == true ? "required" : field.Default is { } value_ ? $"`{value_}`" : "–")} |\n");
        }

        text.Append($"\n```yaml\nroutes:\n  - name: {Route(provider)}\n    route_type: llm/v1/{(provider.Chat is not null ? "chat" : "completions")}\n    model:\n");
        Yaml(text, Minimal(provider), 6);
        text.Append("```\n");
    }

    private static string Route(Provider provider) => $"my-{provider.Name.Replace('_', '-')}";

    private static void Yaml(StringBuilder text, JsonObject json, int indent)
    {
        foreach (var (name, value) in json)
        {
            text.Append(' ', indent).Append(name).Append(':');
            if (value is JsonObject inner)
            {
                text.Append(inner.Count == 0 ? " {}\n" : "\n");
                Yaml(text, inner, indent + 2);
            }
            else
            {
                text.Append(' ').Append(Scalar(value)).Append('\n');
            }
        }
    }

    // A colon, or a word that YAML would read as something else, needs quotes.
    private static string Scalar(JsonNode? value) => value is JsonValue json && json.TryGetValue(out string? words) && (words.Contains(": ", StringComparison.Ordinal) || words.Length == 0 || !(char.IsAsciiLetter(words[0]) || words[0] == '$'))
        ? $"\"{words}\"" : $"{value}";
}

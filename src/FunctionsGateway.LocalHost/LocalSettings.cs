using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.LocalHost;

/// <summary>The settings that an app would have in Azure, read from the file that Core Tools read.</summary>
internal sealed class LocalSettings
{
    private const string OwnFile = "local.settings.json";
    private const string SampleFile = "local.settings.sample.json";

    private LocalSettings(string? file, string root)
    {
        File = file;
        Root = root;
    }

    /// <summary>The file that was read, or null when there is none.</summary>
    public string? File { get; }

    /// <summary>The folder that the file lies in, else the current one; local data go below it.</summary>
    public string Root { get; }

    /// <summary>The port of the file's <c>Host</c> section.</summary>
    public int? Port { get; private set; }

    /// <summary>The settings by name; environment variables win over the file.</summary>
    public Dictionary<string, string?> Values { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the nearest file at or above <paramref name="folder"/>, the sample where the user has none of their own, then the environment.</summary>
    /// <exception cref="StartException">The file cannot be read.</exception>
    public static LocalSettings Load(string folder, IDictionary environment)
    {
        var file = FindUpwards(folder, OwnFile) ?? FindUpwards(folder, SampleFile) ?? FindUpwards(AppContext.BaseDirectory, SampleFile);
        var settings = new LocalSettings(file, file is null ? folder : Path.GetDirectoryName(file)!);
        if (file is not null)
        {
            settings.Read(file);
        }

        foreach (DictionaryEntry variable in environment)
        {
            settings.Values[(string)variable.Key] = (string?)variable.Value;
        }

        return settings;
    }

    private static string? FindUpwards(string folder, string name)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, name);
            if (System.IO.File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private void Read(string file)
    {
        try
        {
            var options = new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
            var json = JsonNode.Parse(System.IO.File.ReadAllText(file), documentOptions: options);
            foreach (var (name, value) in json?[nameof(Values)]?.AsObject() ?? [])
            {
                Values[name] = value?.ToString();
            }

            Port = (int?)json?["Host"]?["LocalHttpPort"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new StartException($"{file} cannot be read ({e.Message}): mend it, or delete it to use the sample's values.");
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FunctionsGateway.Routes.Import;

/// <summary>A YAML text as JSON, as PyYAML's safe loader reads it (YAML 1.1), with the line of every node.</summary>
internal sealed class YamlText
{
    // Aliases may multiply a small text without end.
    private const int MostNodes = 500_000;
    private const int Deepest = 64;

    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);
    private int _nodes;

    private YamlText()
    {
    }

    /// <summary>The content; null when the text is empty.</summary>
    public JsonNode? Root { get; private set; }

    /// <summary>Reads the text.</summary>
    /// <exception cref="YamlException">It is not YAML.</exception>
    public static YamlText Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        if (stream.Documents.Count > 1)
        {
            throw new YamlException(stream.Documents[1].RootNode.Start, stream.Documents[1].RootNode.End, "expected a single document");
        }

        var yaml = new YamlText();
        yaml.Root = stream.Documents.Count == 0 ? null : yaml.ToJson(stream.Documents[0].RootNode, "", 0);
        return yaml;
    }

    /// <summary>The line of the node at <paramref name="path"/>, or of the nearest node around it.</summary>
    public long Line(IEnumerable<object> path)
    {
        for (var place = string.Concat(path.Select(part => $"/{part}")); ; place = place[..place.LastIndexOf('/')])
        {
            if (_lines.TryGetValue(place, out var line))
            {
                return line;
            }

            if (place.Length == 0)
            {
                return 1;
            }
        }
    }

    private JsonNode? ToJson(YamlNode node, string place, int depth)
    {
        if (++_nodes > MostNodes || depth > Deepest)
        {
            throw new YamlException(node.Start, node.End, "the document is too large or too deep");
        }

        _lines.TryAdd(place, node.Start.Line);
        return node switch
        {
            YamlMappingNode mapping => Members(mapping, place, depth),
            YamlSequenceNode list => new JsonArray([.. list.Children.Select((item, index) => ToJson(item, $"{place}/{index}", depth + 1))]),
            YamlScalarNode scalar => Scalar(scalar),
            _ => null,
        };
    }

    private JsonObject Members(YamlMappingNode mapping, string place, int depth)
    {
        var json = new JsonObject();
        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && name != "<<")
            {
                json[name] = ToJson(value, $"{place}/{name}", depth + 1);
            }
        }

        // A merge key fills in what the mapping itself does not say.
        if (mapping.Children.TryGetValue(new YamlScalarNode("<<"), out var merged))
        {
            foreach (var part in merged is YamlSequenceNode list ? list.Children : [merged])
            {
                foreach (var (name, value) in part is YamlMappingNode other ? Members(other, place, depth + 1) : [])
                {
                    json.TryAdd(name, value?.DeepClone());
                }
            }
        }

        return json;
    }

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain || !scalar.Tag.IsEmpty)
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
            _ when text.Contains('.', StringComparison.Ordinal) && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }
}

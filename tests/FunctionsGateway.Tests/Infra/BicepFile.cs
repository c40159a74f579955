namespace FunctionsGateway.Tests.Infra;

/// <summary>What a Bicep file declares.</summary>
internal sealed class BicepFile(string name, BicepNode root)
{
    /// <summary>Its name in the folder.</summary>
    public string Name { get; } = name;

    /// <summary>Its tree.</summary>
    public BicepNode Root { get; } = root;

    /// <summary>Its parameters, and whether each has a default.</summary>
    public IReadOnlyDictionary<string, bool> Parameters { get; } =
        root.All("parameter_declaration").ToDictionary(node => node.Children[0].Text, node => node.Children.Count > 2);

    /// <summary>The names of its outputs.</summary>
    public IReadOnlySet<string> Outputs { get; } = root.All("output_declaration").Select(node => node.Children[0].Text).ToHashSet();

    /// <summary>Its modules: symbol, file, body.</summary>
    public IReadOnlyList<(string Symbol, string File, BicepNode Body)> Modules { get; } =
        [.. root.All("module_declaration").Select(node => (node.Children[0].Text, node.Children[1].Unquoted(), node.All("object").First()))];

    /// <summary>Its resources, nested ones too, with their whole type and version.</summary>
    public IReadOnlyList<BicepResource> Resources { get; } = [.. Resourced(root, null)];

    /// <summary>Every symbol that the whole file sees.</summary>
    public IReadOnlySet<string> Symbols { get; } = root.Children
        .Where(node => node.Type is "parameter_declaration" or "variable_declaration" or "resource_declaration" or "module_declaration")
        .Select(node => node.Children[0].Text).ToHashSet();

    private static IEnumerable<BicepResource> Resourced(BicepNode node, BicepResource? parent)
    {
        if (node.Type == "resource_declaration")
        {
            var text = node.Children[1].Unquoted();
            var (type, version) = text.Split('@') is [var before, var after] ? (before, after) : (text, parent?.Version ?? "");
            parent = new BicepResource(node.Children[0].Text, parent is null ? type : $"{parent.Type}/{type}", version, node);
            yield return parent;
        }

        foreach (var resource in node.Children.SelectMany(child => Resourced(child, parent)))
        {
            yield return resource;
        }
    }
}

/// <summary>A resource of a Bicep file.</summary>
internal sealed record BicepResource(string Symbol, string Type, string Version, BicepNode Node);

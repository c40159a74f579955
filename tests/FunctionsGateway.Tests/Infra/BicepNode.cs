using System.Text.Json;
using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary>A node of a parsed Bicep file.</summary>
internal sealed record BicepNode(string Type, string Text, int Line, string? Field, IReadOnlyList<BicepNode> Children, bool IsWhole)
{
    /// <summary>This node and all below it.</summary>
    public IEnumerable<BicepNode> All() => Children.SelectMany(child => child.All()).Prepend(this);

    /// <summary>This node and those below it that have a type.</summary>
    public IEnumerable<BicepNode> All(string type) => All().Where(node => node.Type == type);

    /// <summary>The child with a field's name.</summary>
    public BicepNode? At(string field) => Children.FirstOrDefault(child => child.Field == field);

    /// <summary>Of an object, the value of a property.</summary>
    public BicepNode? Property(string name) =>
        Children.FirstOrDefault(child => child.Type == "object_property" && child.Children.Count > 1 && child.Children[0].Unquoted() == name)?.Children[1];

    /// <summary>The text without quotes.</summary>
    public string Unquoted() => Type == "string" ? Text.Trim('\'') : Text;

    /// <summary>Whether this is a text without any expression in it.</summary>
    public bool IsLiteral => Type == "string" && !All("interpolation").Any();

    /// <summary>Parses files by tree-sitter's grammar.</summary>
    public static IReadOnlyList<BicepNode> Parse(IReadOnlyList<string> texts) =>
        JsonSerializer.Deserialize<BicepNode[]>(Repository.Node("Infra/bicep-tree.mjs", JsonSerializer.Serialize(texts)), JsonSerializerOptions.Web)!;
}

using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FunctionsGateway.Tests.Support;

/// <summary>A setting of the gateway, as its options class declares it.</summary>
/// <param name="Name">As an app setting, e.g. <c>Gateway__Limits__AdmissionWait</c>.</param>
/// <param name="Default">Its default as one would write it; empty when there is none.</param>
/// <param name="Meaning">The property's comment as Markdown.</param>
internal sealed partial record Setting(string Name, string Default, string Meaning)
{
    private static readonly Lazy<Dictionary<string, string>> Comments = new(() =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "FunctionsGateway.xml")).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Markdown(member.Element("summary")!)));

    /// <summary>Every setting, in the order of the options classes.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. Of(new GatewayOptions(), "Gateway")];

    private static IEnumerable<Setting> Of(object options, string prefix) =>
        options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).SelectMany(property =>
        {
            var name = $"{prefix}__{property.Name}";
            var value = property.GetValue(options);
            return property.PropertyType is { IsClass: true } type && type != typeof(string) && type.Assembly == typeof(GatewayOptions).Assembly
                ? Of(value!, name)
                : [new Setting(name, Written(value), Comments.Value[$"P:{property.DeclaringType!.FullName}.{property.Name}"])];
        });

    private static string Written(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture) is var text && time.Ticks % TimeSpan.TicksPerSecond != 0 ? text.TrimEnd('0') : text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Markdown(XElement summary) => Space().Replace(string.Concat(summary.Nodes().Select(node => node switch
    {
        XElement { Name.LocalName: "see" } see => $"`{Reference(see)}`",
        XElement code => $"`{code.Value}`",
        _ => node.ToString().Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal),
    })), " ").Trim();

    // A reader knows settings, not classes: P:….LimitSettings.MaxRetryAfter is MaxRetryAfter.
    private static string Reference(XElement see) => (see.Attribute("cref")?.Value ?? see.Attribute("langword")?.Value ?? "").Split('.')[^1];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}

using FunctionsGateway.Tests.Support;

namespace FunctionsGateway.Tests.Infra;

/// <summary>The files of the deployment, as they are or with one of them broken on purpose.</summary>
internal sealed class Infrastructure
{
    private static readonly string[] Elsewhere = ["azure.yaml", "host.json", "local.settings.sample.json", "docs/deployment.md", "src/FunctionsGateway.App/FunctionsGateway.App.csproj"];

    private static readonly Lazy<Infrastructure> AsItIs = new(() => new(Texts()));

    private Infrastructure(IReadOnlyDictionary<string, string> texts)
    {
        All = texts;
        var names = texts.Keys.Where(name => name.EndsWith(".bicep", StringComparison.Ordinal)).Order().ToList();
        Bicep = [.. names.Zip(BicepNode.Parse([.. names.Select(name => texts[name])]), (name, root) => new BicepFile(name, root))];
    }

    /// <summary>Every file's text, by its name below <c>infra/</c>, or below the root where it stands elsewhere.</summary>
    public IReadOnlyDictionary<string, string> All { get; }

    /// <summary>The Bicep files.</summary>
    public IReadOnlyList<BicepFile> Bicep { get; }

    /// <summary>The files as they are.</summary>
    public static Infrastructure Whole => AsItIs.Value;

    /// <summary>A Bicep file.</summary>
    public BicepFile this[string name] => Bicep.Single(file => file.Name == name);

    /// <summary>A copy in which one text of one file is another.</summary>
    public static Infrastructure Broken(string file, string text, string other)
    {
        var texts = new Dictionary<string, string>(Texts());
        Assert.Contains(text, texts[file], StringComparison.Ordinal);
        texts[file] = texts[file].Replace(text, other, StringComparison.Ordinal);
        return new Infrastructure(texts);
    }

    private static Dictionary<string, string> Texts()
    {
        var folder = Repository.PathOf("infra");
        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => (Name: Path.GetRelativePath(folder, path).Replace('\\', '/'), Path: path))
            .Concat(Elsewhere.Select(path => (Name: path, Path: Repository.PathOf(path))))
            .ToDictionary(file => file.Name, file => File.ReadAllText(file.Path).ReplaceLineEndings("\n"));
    }
}

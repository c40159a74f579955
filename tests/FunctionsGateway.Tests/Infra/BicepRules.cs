using System.Text.RegularExpressions;

namespace FunctionsGateway.Tests.Infra;

/// <summary>What a Bicep compiler would say; each rule gives a sentence for each fault.</summary>
internal static partial class BicepRules
{
    /// <summary>Every file is Bicep.</summary>
    public static IEnumerable<string> Syntax(Infrastructure infra) => infra.Bicep.Where(file => !file.Root.IsWhole)
        .Select(file => $"{file.Name} is no Bicep at line {file.Root.All("ERROR").Select(node => node.Line).DefaultIfEmpty(1).First()}.");

    /// <summary>A module is given the parameters that it has, all that it needs, and asked for outputs that it has.</summary>
    public static IEnumerable<string> Modules(Infrastructure infra)
    {
        foreach (var file in infra.Bicep)
        {
            foreach (var (symbol, path, body) in file.Modules)
            {
                if (infra.Bicep.FirstOrDefault(other => other.Name == path) is not { } module)
                {
                    yield return $"{file.Name}: the module {symbol} is '{path}', which does not exist.";
                    continue;
                }

                var given = (body.Property("params")?.Children ?? []).Select(property => property.Children[0].Unquoted()).ToList();
                foreach (var name in given.Where(name => !module.Parameters.ContainsKey(name)))
                {
                    yield return $"{file.Name}: {path} has no parameter '{name}'.";
                }

                foreach (var name in module.Parameters.Where(parameter => !parameter.Value && !given.Contains(parameter.Key)).Select(parameter => parameter.Key))
                {
                    yield return $"{file.Name}: {path} needs the parameter '{name}'.";
                }

                foreach (var output in OutputsAsked(file, symbol).Where(output => !module.Outputs.Contains(output)))
                {
                    yield return $"{file.Name}: {path} has no output '{output}'.";
                }

                foreach (var output in module.Outputs.Except(infra.Bicep.SelectMany(other => OutputsAsked(other, symbol))))
                {
                    yield return $"{path}: nobody asks for the output '{output}'.";
                }
            }
        }
    }

    /// <summary>Every name that is used is declared, every function is one, and every parameter and variable is used.</summary>
    public static IEnumerable<string> Symbols(Infrastructure infra) => infra.Bicep.SelectMany(file =>
    {
        var used = new HashSet<string>();
        var faults = Unresolved(file, file.Root, file.Symbols, used).ToList();
        return faults.Concat(file.Root.Children
            .Where(node => node.Type is "parameter_declaration" or "variable_declaration" && !used.Contains(node.Children[0].Text))
            .Select(node => $"{file.Name}:{node.Line}: '{node.Children[0].Text}' is used nowhere."));
    });

    /// <summary>Every resource has a type and a version of the table.</summary>
    public static IEnumerable<string> ResourceTypes(Infrastructure infra) => infra.Bicep.SelectMany(file => file.Resources, (file, resource) => (file, resource))
        .Where(found => AzureFacts.Types.GetValueOrDefault(found.resource.Type) != found.resource.Version)
        .Select(found => $"{found.file.Name}: '{found.resource.Type}@{found.resource.Version}' is not in AzureFacts.Types; look the type and version up before adding it there.");

    /// <summary>Roles are given in one file, by their right names and ids.</summary>
    public static IEnumerable<string> Roles(Infrastructure infra)
    {
        foreach (var file in infra.Bicep.Where(file => file.Name != "roles.bicep" && file.Resources.Any(r => r.Type == "Microsoft.Authorization/roleAssignments")))
        {
            yield return $"{file.Name} assigns a role; roles.bicep is the place for it.";
        }

        var roles = infra["roles.bicep"].Root.Children.Single(node => node.Type == "variable_declaration" && node.Children[0].Text == "roles").Children[1];
        foreach (var (name, id) in roles.Children.Select(property => (property.Children[0].Unquoted(), property.Children[1].Unquoted())))
        {
            if (AzureFacts.Roles.GetValueOrDefault(name) != id)
            {
                yield return $"roles.bicep: the id of '{name}' is not {id}.";
            }
        }

        foreach (var asked in infra["roles.bicep"].Root.All("subscript_expression").Select(node => node.Children[1].Unquoted()).Distinct())
        {
            if (roles.Property(asked) is null)
            {
                yield return $"roles.bicep: there is no role '{asked}'.";
            }
        }
    }

    /// <summary>Nobody has another right than the table says, nor lacks one.</summary>
    public static IEnumerable<string> Assignments(Infrastructure infra)
    {
        var made = infra["roles.bicep"].Resources.Where(resource => resource.Type == "Microsoft.Authorization/roleAssignments").Select(resource =>
        {
            var body = resource.Node.All("object").First();
            string Role(BicepNode node) => string.Join('+', node.All("subscript_expression").Select(role => role.Children[1].Unquoted()));
            var (who, role, scope) = (body.Property("properties")!.Property("principalId")!.Text, Role(body.Property("properties")!), body.Property("scope")?.Text ?? "the resource group");
            return (Made: (who, role, scope, Condition().Match(resource.Node.Text).Groups[1].Value), Name: body.Property("name")!.Text == $"guid({scope}.id, {who}, roles['{role}'])", resource.Symbol);
        }).ToList();

        return made.Where(found => !AzureFacts.Assignments.Contains(found.Made)).Select(found => $"roles.bicep: AzureFacts.Assignments does not have {found.Made}.")
            .Concat(AzureFacts.Assignments.Except(made.Select(found => found.Made)).Select(missing => $"roles.bicep does not have {missing}."))
            .Concat(made.Where(found => !found.Name).Select(found => $"roles.bicep: the name of {found.Symbol} is not made of its scope, principal and role."))
            .Concat(Wiring(infra));
    }

    private static IEnumerable<string> Wiring(Infrastructure infra)
    {
        var given = infra["main.bicep"].Modules.Single(module => module.Symbol == "roles").Body.Property("params")!;
        var named = infra["roles.bicep"].Resources.Where(resource => AzureFacts.Scopes.ContainsKey(resource.Symbol)).ToDictionary(resource => resource.Symbol, resource => resource.Node.All("object").First());
        return AzureFacts.Meant.Where(meant => given.Property(meant.Key)?.Text != meant.Value).Select(meant => $"main.bicep: '{meant.Key}' of roles.bicep is not {meant.Value}.")
            .Concat(AzureFacts.Scopes.Where(scope => named.GetValueOrDefault(scope.Key)?.Property("name")?.Text != scope.Value).Select(scope => $"roles.bicep: '{scope.Key}' is not the one that {scope.Value} names."));
    }

    [GeneratedRegex(@"^resource [^=]+= if \((.+)\) \{")]
    private static partial Regex Condition();

    private static IEnumerable<string> OutputsAsked(BicepFile file, string symbol) => file.Root.All("member_expression")
        .Where(node => node.Children.Count == 2 && node.Children[0].Text == $"{symbol}.outputs").Select(node => node.Children[1].Text).Distinct();

    private static IEnumerable<string> Unresolved(BicepFile file, BicepNode node, IReadOnlySet<string> known, HashSet<string> used)
    {
        // A loop's and a lambda's own names hold where they stand. (The grammar ends a lambda at its first dot, hence the whole argument list.)
        var local = node.Type switch
        {
            "for_statement" => node.Children.Where(child => child.Field == "initializer").Concat(node.All("loop_variable")).Concat(node.All("loop_enumerator")),
            "arguments" => node.All("lambda_expression").Select(lambda => lambda.Children[0]),
            _ => [],
        };
        known = local.Select(name => name.Text).ToHashSet() is { Count: > 0 } names ? names.Union(known).ToHashSet() : known;

        foreach (var (child, index) in node.Children.Select((child, index) => (child, index)))
        {
            var isDeclared = index == 0 && (node.Type.EndsWith("_declaration", StringComparison.Ordinal) || node.Type is "object_property" or "lambda_expression");
            if (child.Type == "identifier" && !isDeclared)
            {
                used.Add(child.Text);
                var isFunction = node.Type == "call_expression" && child.Field == "function";
                var isNested = node.Type == "resource_expression" && child.Field == "resource";
                if (isFunction ? !AzureFacts.Functions.Contains(child.Text)
                    : isNested ? !file.Resources.Any(resource => resource.Symbol == child.Text)
                    : !known.Contains(child.Text))
                {
                    yield return $"{file.Name}:{child.Line}: there is no '{child.Text}'.";
                }
            }
            else if (child.Type != "identifier")
            {
                foreach (var fault in Unresolved(file, child, known, used))
                {
                    yield return fault;
                }
            }
        }
    }
}

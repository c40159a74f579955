using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace FunctionsGateway.LocalHost;

/// <summary>
/// Chooses a function as the Functions host does: by name order the first whose template and verb match.
/// Literals have no precedence over parameters, and a wrong verb is no match.
/// </summary>
/// <param name="functions">The functions in any order.</param>
/// <param name="prefix">The prefix of host.json; may be empty.</param>
/// <param name="constraints">Makes the constraints that templates name.</param>
internal sealed class HostRouter(IEnumerable<HttpFunction> functions, string prefix, IInlineConstraintResolver constraints)
{
    private const int MostSegments = 32;

    private readonly Candidate[] _candidates = [.. functions.InHostOrder().Select(f => new Candidate(f, prefix, constraints))];

    /// <summary>The function for a request, or null where the host would answer an empty 404.</summary>
    public HttpFunction? Choose(string verb, PathString path)
    {
        var text = path.Value.AsSpan().TrimStart('/');
        Span<Range> ranges = stackalloc Range[MostSegments];
        var segments = ranges[..text.Split(ranges, '/')];
        foreach (var candidate in _candidates)
        {
            if (candidate.MayMatch(text, segments) && candidate.Matches(verb, path))
            {
                return candidate.Function;
            }
        }

        return null;
    }

    private sealed class Candidate
    {
        private readonly TemplateMatcher _matcher;
        private readonly (string Parameter, IRouteConstraint Rule)[] _constraints;
        private readonly (int At, string Text)[] _literals;
        private readonly string[]? _verbs;

        public Candidate(HttpFunction function, string prefix, IInlineConstraintResolver resolver)
        {
            Function = function;
            _verbs = function.Verbs?.ToArray();
            var pattern = RoutePatternFactory.Parse(prefix.Length == 0 ? function.Route : $"{prefix}/{function.Route}");
            _matcher = new TemplateMatcher(new RouteTemplate(pattern), []);
            _literals =
            [
                .. from segment in pattern.PathSegments.Index()
                   where segment.Item.Parts is [RoutePatternLiteralPart]
                   select (segment.Index, ((RoutePatternLiteralPart)segment.Item.Parts[0]).Content),
            ];
            _constraints =
            [
                .. from parameter in pattern.Parameters
                   from policy in parameter.ParameterPolicies
                   select (parameter.Name, Resolve(policy.Content!, parameter, resolver)),
            ];
        }

        public HttpFunction Function { get; }

        /// <summary>Whether the literals are there: what rules most candidates out, without the matcher's work.</summary>
        public bool MayMatch(ReadOnlySpan<char> path, ReadOnlySpan<Range> segments)
        {
            foreach (var (at, text) in _literals)
            {
                if (at >= segments.Length || !path[segments[at]].Equals(text, StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }
            }

            return true;
        }

        public bool Matches(string verb, PathString path)
        {
            if (_verbs is not null && !_verbs.AsSpan().Contains(verb, StringComparer.OrdinalIgnoreCase))
            {
                return false;
            }

            var values = new RouteValueDictionary();
            return _matcher.TryMatch(path, values)
                && Array.TrueForAll(_constraints, c => c.Rule.Match(null, null, c.Parameter, values, RouteDirection.IncomingRequest));
        }

        private static IRouteConstraint Resolve(string text, RoutePatternParameterPart parameter, IInlineConstraintResolver resolver)
        {
            var rule = resolver.ResolveConstraint(text)
                ?? throw new InvalidOperationException($"The constraint '{text}' of the parameter '{parameter.Name}' is unknown.");
            return parameter.IsOptional ? new OptionalRouteConstraint(rule) : rule;
        }
    }
}

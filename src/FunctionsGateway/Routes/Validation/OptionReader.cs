namespace FunctionsGateway.Routes.Validation;

/// <summary>Reads <c>gateway_options</c>, the gateway's own (spec/decisions.md §10); an unknown member is a fault, since nothing else would notice it.</summary>
internal static class OptionReader
{
    /// <summary>The options; the default when there are none.</summary>
    public static RouteOptionSet Read(Fields body)
    {
        if (body.Object("gateway_options") is not { } options)
        {
            return RouteOptionSet.Default;
        }

        options.Only("answer_shape", "max_output_tokens", "part_tokens", "sticky", "deadlines", "allow_proxy");
        return new RouteOptionSet
        {
            AnswerShape = AnswerShape(options),
            MaxOutputTokens = Amount(options, "max_output_tokens", least: 1),
            PartTokens = Parts(options),
            Sticky = Sticky(options),
            Deadlines = Deadlines(options),
            AllowProxy = options.Flag("allow_proxy"),
        };
    }

    private static string? AnswerShape(Fields options)
    {
        var shape = options.Text("answer_shape");
        if (shape is not (null or "candidates" or "choices"))
        {
            options.Fault("answer_shape", "literal_error", "Input should be 'candidates' or 'choices'");
        }

        return shape;
    }

    private static string? Sticky(Fields options)
    {
        var sticky = options.Text("sticky");
        if (sticky is not null && (sticky.Length is 0 or > 128 || !sticky.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
        {
            options.Fault("sticky", "value_error", "Input should be 'caller' or the name of a header");
        }

        return sticky;
    }

    private static PartTokens? Parts(Fields options)
    {
        if (options.Object("part_tokens") is not { } parts)
        {
            return null;
        }

        parts.Only("image", "file", "audio");
        return new PartTokens(Amount(parts, "image"), Amount(parts, "file"), Amount(parts, "audio"));
    }

    private static RouteDeadlines? Deadlines(Fields options)
    {
        if (options.Object("deadlines") is not { } deadlines)
        {
            return null;
        }

        deadlines.Only("connect", "first_byte", "total", "stream_idle", "stream_longest");
        return new RouteDeadlines(
            deadlines.Duration("connect"),
            deadlines.Duration("first_byte"),
            deadlines.Duration("total"),
            deadlines.Duration("stream_idle"),
            deadlines.Duration("stream_longest"));
    }

    private static int? Amount(Fields options, string name, long least = 0)
    {
        var amount = options.Integer(name, least: least);
        if (amount > int.MaxValue)
        {
            options.Fault(name, "less_than_equal", $"Input should be less than or equal to {int.MaxValue}");
            return null;
        }

        return (int?)amount;
    }
}

namespace FunctionsGateway.Providers;

/// <summary>The provider cannot serve a request that is otherwise well formed; the caller can mend it.</summary>
/// <param name="detail">A sentence for the caller, MLflow's own where it has one.</param>
/// <param name="status">The HTTP status of the answer: 422 unless MLflow answers otherwise.</param>
public sealed class TranslationException(string detail, int status = 422) : Exception(detail)
{
    /// <summary>The HTTP status of the answer.</summary>
    public int Status { get; } = status;
}

/// <summary>The provider's answer, or its stream, lacks what makes it one; the gateway answers 502, or an error event after commitment.</summary>
/// <param name="detail">What was expected and what came, without any of the answer's content.</param>
public sealed class MalformedAnswerException(string detail) : Exception(detail);

/// <summary>The provider reported an error inside a stream, or inside an answer with status 200 (OpenRouter).</summary>
/// <param name="detail">The provider's message.</param>
/// <param name="type">The provider's error type, e.g. <c>overloaded_error</c>; null when it names none.</param>
/// <param name="code">The provider's error code as text; null when it names none.</param>
/// <param name="status">The HTTP status that the error amounts to, as far as the provider says (e.g. 529 for Anthropic's overload); 502 otherwise.</param>
public sealed class ProviderStreamException(string detail, string? type = null, string? code = null, int status = 502)
    : Exception("The provider reported an error inside its answer.")
{
    /// <summary>The provider's message; not the exception's own, which is logged: it may repeat a key.</summary>
    public string Detail { get; } = detail;

    /// <summary>The provider's error type.</summary>
    public string? Type { get; } = type;

    /// <summary>The provider's error code.</summary>
    public string? Code { get; } = code;

    /// <summary>The HTTP status that the error amounts to.</summary>
    public int Status { get; } = status;
}

namespace FunctionsGateway.Secrets;

/// <summary>A key in memory. Its text form says nothing; only the signer asks for the value.</summary>
internal sealed class Secret(string value)
{
    /// <summary>The key itself: to be put into a request's header and nowhere else.</summary>
    public string Reveal() => value;

    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}

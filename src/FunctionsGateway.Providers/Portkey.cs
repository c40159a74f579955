namespace FunctionsGateway.Providers;

/// <summary>Portkey (spec/providers-openai-family.md §4): the key has a header of its own, the model names the route (<c>@slug/name</c>).</summary>
public static class Portkey
{
    /// <summary>The provider <c>portkey</c>.</summary>
    public static Provider Provider { get; } = OpenAICompatible.Create("portkey", "Portkey", "https://api.portkey.ai/v1") with
    {
        Credential = _ => new Credential.Header("x-portkey-api-key", "portkey_api_key"),
    };
}

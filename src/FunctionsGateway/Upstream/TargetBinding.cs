using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using FunctionsGateway.Providers;
using FunctionsGateway.Routes;
using FunctionsGateway.Secrets;
using Microsoft.Extensions.Configuration;
using Polly;

namespace FunctionsGateway.Upstream;

/// <summary>What a target means, worked out once: its provider, addresses, headers, credential and circuit.</summary>
internal sealed class TargetBinding
{
    private const int MostRefusals = 4;

    private readonly Dictionary<(object Operation, bool Stream), Uri> _addresses = [];
    private readonly Lock _learning = new();
    private readonly ProviderCall _unary;
    private readonly ProviderCall _stream;

    private TargetBinding(Target target, Provider provider, ProviderResilience resilience, IConfiguration settings)
    {
        Target = target;
        Provider = provider;
        _unary = ProviderSettings.Call(provider, target.Model, target.Config, settings);
        _stream = _unary with { Stream = true };
        Base = provider.BaseAddress(_unary);
        Key = ProviderResilience.KeyOf(target, Base);
        Circuit = resilience.CircuitOf(Key);
        Origin = Secret.OriginOf(new Uri(Base));
        Credential = provider.Credential(_unary);
        Label = Uri.EscapeDataString(target.Provider) + "/" + Uri.EscapeDataString(target.Model ?? "");
        Headers = [.. provider.Headers?.Invoke(_unary) ?? new Dictionary<string, string>()];
    }

    /// <summary>The target.</summary>
    public Target Target { get; }

    /// <summary>Its provider.</summary>
    public Provider Provider { get; }

    /// <summary>What answers call it by: provider and model, fit for a header.</summary>
    public string Label { get; }

    /// <summary>What all instances call it by: the same as long as provider, model and address stay.</summary>
    public string Key { get; }

    /// <summary>The circuit breaker that all calls to the target share.</summary>
    public ResiliencePipeline Circuit { get; }

    /// <summary>The base address.</summary>
    public string Base { get; }

    /// <summary>Scheme, host and port of <see cref="Base"/>: the only ones that the target's key goes to.</summary>
    public string Origin { get; }

    /// <summary>How calls are signed.</summary>
    public Credential Credential { get; }

    /// <summary>The provider's constant headers.</summary>
    public KeyValuePair<string, string>[] Headers { get; }

    /// <summary>What the target refused until it was said otherwise, so that nobody needs to ask twice; forgotten when the target is changed.</summary>
    public IReadOnlyList<UpstreamError> Refusals { get; private set; } = [];

    /// <summary>Remembers a refusal after which the mended request was served.</summary>
    public void Learn(UpstreamError refusal)
    {
        lock (_learning)
        {
            // There are a few parameters that can be mended, whatever texts they are refused with.
            if (Refusals.Count < MostRefusals && !Refusals.Any(known => (known.Status, known.Code, known.Param) == (refusal.Status, refusal.Code, refusal.Param)))
            {
                Refusals = [.. Refusals, refusal];
            }
        }
    }

    /// <summary>A call of this target.</summary>
    public ProviderCall Call(bool stream) => stream ? _stream : _unary;

    /// <summary>Where an operation is served, for a call with the provider's <paramref name="body"/>.</summary>
    public Uri Address(Operation operation, JsonObject body, bool stream) => operation.PathFor is { } path
        ? new Uri(Base.TrimEnd('/') + path(body, Call(stream)))
        : Address(operation, operation.Path, stream);

    /// <summary>Where a native API is served.</summary>
    public Uri Address(NativeOperation operation, bool stream) => Address(operation, operation.Path, stream);

    private Uri Address(object operation, Func<ProviderCall, string> path, bool stream)
    {
        lock (_addresses)
        {
            if (!_addresses.TryGetValue((operation, stream), out var address))
            {
                address = new Uri(Base.TrimEnd('/') + path(Call(stream)));
                _addresses.Add((operation, stream), address);
            }

            return address;
        }
    }

    /// <summary>The bindings of all targets that are alive.</summary>
    internal sealed class Book(ProviderResilience resilience, Func<string, Provider?> find, IConfiguration settings)
    {
        private readonly ConditionalWeakTable<Target, TargetBinding> _bindings = [];

        /// <summary>Whether this version knows the target's provider.</summary>
        public bool Knows(Target target) => _bindings.TryGetValue(target, out _) || find(target.Provider) is not null;

        /// <summary>What <paramref name="target"/> means.</summary>
        /// <exception cref="Errors.GatewayException">500: the stored provider is one that this version does not know.</exception>
        public TargetBinding Of(Target target)
        {
            if (_bindings.TryGetValue(target, out var known))
            {
                return known;
            }

            var provider = find(target.Provider)
                ?? throw new Errors.GatewayException(500, $"The provider '{target.Provider}' is not supported by this version of the gateway.");
            return _bindings.GetValue(target, t => new TargetBinding(t, provider, resilience, settings));
        }
    }
}

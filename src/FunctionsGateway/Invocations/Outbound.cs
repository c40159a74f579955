using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsGateway.Errors;
using FunctionsGateway.Invocations.Requests;
using FunctionsGateway.Providers;
using FunctionsGateway.Upstream;
using Microsoft.Extensions.Options;

namespace FunctionsGateway.Invocations;

/// <summary>Makes the request for a target: the client's own bytes where both speak the same API, else a translation.</summary>
internal sealed class Outbound(TimeProvider time, IOptions<GatewayOptions> options)
{
    private readonly bool _sendDefaults = options.Value.Compatibility.SendDefaults;

    /// <summary>Where the target serves the surface's own API; null when it does not. MLflow's compatibility defaults need the translated way.</summary>
    public NativeOperation? Native(Invocation invocation, TargetBinding target) =>
        invocation.Surface.Speaks is { } api && (invocation.Surface.IsPassthrough || !_sendDefaults)
        && target.Provider.Native.TryGetValue(api, out var native) && native.IsOffered(target.Call(invocation.Facts.IsStream))
        && (invocation.Surface.IsPassthrough || !ForeignMembers.AreIn(invocation.Body, native.NotForwarded)) ? native : null;

    /// <summary>The client's bytes.</summary>
    public static ProviderRequest Forward(Call call, TargetBinding target, NativeOperation native)
    {
        var (invocation, isStream) = (call.Invocation, call.Invocation.Facts.IsStream);
        call.Effort.LeftOut = [];
        var request = call.To(target, target.Address(native, isStream), BodyEdit.Forward(invocation.Body, native, target.Call(isStream), invocation.Facts)) with
        {
            Mend = (error, body) => error.Blames("stream_options") && isStream && !invocation.Facts.WantsUsage && native.TakesIncludeUsage(target.Call(isStream))
                // The client did not ask for the usage, and misses nothing.
                ? WithoutUsage(body, invocation.Body)
                : invocation.Surface.IsPassthrough ? default(ReadOnlyMemory<byte>?) : Mended(invocation.OperationOf(target.Provider), error, body),
        };
        request = request.Mended();
        return native.Header is { } rule ? request with { Headers = Filtered(request.Headers, rule, target.Call(isStream)) } : request;
    }

    private static ReadOnlyMemory<byte> WithoutUsage(ReadOnlyMemory<byte> body, JsonElement asked)
    {
        var mended = ProviderAnswer.Parse(body.Span);
        mended.Remove("stream_options");
        if (asked.TryGetProperty("stream_options"u8, out var own) && own.ValueKind == JsonValueKind.Object)
        {
            mended["stream_options"] = JsonObject.Create(own);
        }

        return mended.ToUtf8();
    }

    private static ReadOnlyMemory<byte>? Mended(Operation operation, UpstreamError error, ReadOnlyMemory<byte> body) =>
        operation.Mend?.Invoke(error, ProviderAnswer.Parse(body.Span)) is { } mended ? mended.ToUtf8() : default(ReadOnlyMemory<byte>?);

    private static List<KeyValuePair<string, string>> Filtered(
        IReadOnlyList<KeyValuePair<string, string>> headers, Func<ProviderCall, string, string, string?> rule, ProviderCall call) =>
    [
        .. from header in headers
           let value = rule(call, header.Key.ToLowerInvariant(), header.Value)
           where value is not null
           select KeyValuePair.Create(header.Key, value),
    ];

    /// <summary>The client's bytes, <c>model</c> included, to the path that the client names.</summary>
    public static ProviderRequest Proxy(Call call, TargetBinding target) =>
        call.To(target, ProxyAddress.Of(target.Base, call.Context.Request), JsonMarshal.GetRawUtf8Value(call.Invocation.Body).ToArray());

    /// <summary>The unified request of a call.</summary>
    public JsonObject Request(Invocation invocation) => invocation.Request(_sendDefaults);

    /// <summary>The translation of <paramref name="unified"/>, which may be a part of the call's request.</summary>
    /// <exception cref="GatewayException">The provider cannot serve this request.</exception>
    public (Operation Operation, ProviderCall Call, ProviderRequest Request) Translate(Call call, JsonObject unified, TargetBinding target)
    {
        var invocation = call.Invocation;
        var operation = invocation.OperationOf(target.Provider);
        var provided = target.Call(invocation.Facts.IsStream) with { Id = call.RequestId, Time = time.GetUtcNow(), Choices = invocation.Facts.Choices };
        if (invocation.IsFirstGeneration)
        {
            FirstGeneration.ScaleTemperature(unified, target.Provider);
        }

        try
        {
            (var body, call.Effort.LeftOut) = Sampling.Translate(operation, unified, provided);
            var request = call.To(target, target.Address(operation, body, provided.Stream), body.ToUtf8()) with { Mend = (error, sent) => Mended(operation, error, sent) };
            return (operation, provided, request.Mended());
        }
        catch (TranslationException refusal)
        {
            throw new GatewayException(refusal.Status, refusal.Message) { Code = "unsupported_parameter" };
        }
    }
}

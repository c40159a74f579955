using System.Net;

namespace FunctionsGateway.Upstream.Egress;

/// <summary>Reads small public documents, e.g. an issuer's keys, by the same door and the same egress rule as calls to providers.</summary>
internal sealed class PublicDocuments(HttpMessageInvoker http)
{
    private const int Longest = 1 << 20;

    /// <summary>The document; at most 1 MiB.</summary>
    /// <exception cref="HttpRequestException">It could not be had.</exception>
    public async Task<byte[]> GetAsync(Uri address, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        using var answer = await http.SendAsync(request, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"{address} answered {(int)answer.StatusCode}.");
        }

        await using var content = await answer.Content.ReadAsStreamAsync(cancellation);
        var bytes = new byte[Longest + 1];
        var length = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return length <= Longest ? bytes[..length] : throw new HttpRequestException($"{address} is larger than {Longest} bytes.");
    }
}

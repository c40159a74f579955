using System.Security.Cryptography;
using System.Text;
using FunctionsGateway.Access.Keys;

namespace FunctionsGateway.Tests.Access;

public sealed class KeyHashTests
{
    private readonly string _text = KeyText.New(KeyText.NewId());

    [Fact]
    public void Is_the_SHA_256_of_sixteen_random_bytes_and_the_key()
    {
        var (one, other) = (KeyHash.Of(_text), KeyHash.Of(_text));

        Assert.Equal(16, one.Salt.Length);
        Assert.Equal(SHA256.HashData([.. one.Salt, .. Encoding.ASCII.GetBytes(_text)]), one.Value);
        Assert.NotEqual(one.Salt, other.Salt);
        Assert.NotEqual(one.Value, other.Value);
        Assert.True(one.IsOf(_text) && other.IsOf(_text));
        Assert.False(one.IsOf(KeyText.New(KeyText.NewId())));
    }

    [Fact]
    public void Is_all_that_a_row_holds_of_a_key()
    {
        var row = KeyJson.Write(new GatewayKey { Id = "0123456789abcdef", Hash = KeyHash.Of(_text), Former = KeyHash.Of(_text), CreatedAt = DateTimeOffset.UnixEpoch });

        Assert.DoesNotContain(_text[^40..], row, StringComparison.Ordinal);
        Assert.DoesNotContain(_text[21..61], row, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.ASCII.GetBytes(_text)), row, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(_text))), row, StringComparison.Ordinal);
    }
}

using System.Text.Json;
using FunctionsGateway.Errors;

namespace FunctionsGateway.Access.Keys;

/// <summary>Creates, changes, rotates and removes gateway keys. A key's text exists only in the answer to who made it.</summary>
internal sealed class KeyEditor(IKeyStore store, KeyBook book, TimeProvider time)
{
    /// <summary>A new key, and its text.</summary>
    public async Task<(GatewayKey Key, string Text)> CreateAsync(JsonElement body, CancellationToken cancellation)
    {
        var id = KeyText.NewId();
        var text = KeyText.New(id);
        var key = KeyBody.Apply(body, new GatewayKey { Id = id, Hash = KeyHash.Of(text), CreatedAt = time.GetUtcNow() }, time.GetUtcNow());
        return (await store.AddAsync(key, cancellation), text);
    }

    /// <summary>The key of a public part.</summary>
    public async Task<GatewayKey> FindAsync(string id, CancellationToken cancellation) =>
        KeyText.TryNumber(id, out _) && await store.FindAsync(id, cancellation) is { } key ? key : throw Missing();

    /// <summary>Changes what the body names.</summary>
    public Task<GatewayKey> ChangeAsync(string id, JsonElement body, CancellationToken cancellation) =>
        ChangeAsync(id, key => KeyBody.Apply(body, key, time.GetUtcNow()), cancellation);

    /// <summary>Gives the key a new text; the former one works for <paramref name="grace"/>.</summary>
    public async Task<(GatewayKey Key, string Text)> RotateAsync(string id, TimeSpan grace, CancellationToken cancellation)
    {
        var text = KeyText.New(id);
        var hash = KeyHash.Of(text);
        var until = time.GetUtcNow() + grace;
        // A write that was repeated may meet its own success.
        var key = await ChangeAsync(
            id,
            key => key.Hash.Value.AsSpan().SequenceEqual(hash.Value) ? key : key with { Hash = hash, Former = grace > TimeSpan.Zero ? key.Hash : null, FormerUntil = grace > TimeSpan.Zero ? until : null },
            cancellation);
        return (key, text);
    }

    /// <summary>Removes the key.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellation)
    {
        if (!KeyText.TryNumber(id, out _) || !await store.RemoveAsync(id, cancellation))
        {
            throw Missing();
        }

        book.Forget(id);
    }

    private async Task<GatewayKey> ChangeAsync(string id, Func<GatewayKey, GatewayKey> change, CancellationToken cancellation)
    {
        while (true)
        {
            if (await store.ReplaceAsync(change(await FindAsync(id, cancellation)), cancellation) is { } changed)
            {
                book.Forget(id);
                return changed;
            }
        }
    }

    private static GatewayException Missing() => new(404, "There is no key of this id.") { Code = "RESOURCE_DOES_NOT_EXIST" };
}

using FunctionsGateway.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FunctionsGateway.Access.Keys;

/// <summary>The management of gateway keys over HTTP (spec/decisions.md D13).</summary>
internal static class KeyEndpoints
{
    private const int PageSize = 1_000;
    private const string Json = "application/json";

    /// <summary>Declares the endpoints.</summary>
    public static void MapKeys(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/2.0/gateway/keys").RequireAuthorization(Policies.Manage).WithTags("Keys");

        group.MapGet("/", async (HttpContext call, IKeyStore store, CancellationToken cancellation) =>
                TypedResults.Json(await PageAsync(store, call.Request.Query["page_token"].ToString(), cancellation), KeyJson.Default.KeyPage, Json))
            .WithName("ListKeys").WithSummary("Lists gateway keys, 1,000 a page, from page_token on; never the keys themselves.").Produces<KeyPage>();

        group.MapPost("/", async (HttpContext call, KeyEditor editor, CancellationToken cancellation) =>
                Shown(call, await editor.CreateAsync(await KeyBody.ReadAsync(call.Request, cancellation), cancellation)))
            .WithName("CreateKey").WithSummary("Creates a gateway key. This answer alone holds it.").Produces<KeyView>();

        group.MapGet("/{keyId}", async (string keyId, KeyEditor editor, CancellationToken cancellation) => Shown(await editor.FindAsync(keyId, cancellation)))
            .WithName("GetKey").WithSummary("Shows what is known of a gateway key.").Produces<KeyView>();

        group.MapPatch("/{keyId}", async (string keyId, HttpContext call, KeyEditor editor, CancellationToken cancellation) =>
                Shown(await editor.ChangeAsync(keyId, await KeyBody.ReadAsync(call.Request, cancellation), cancellation)))
            .WithName("ChangeKey").WithSummary("Changes a gateway key's name, owner, roles, routes or expiry; disables or enables it.").Produces<KeyView>();

        group.MapDelete("/{keyId}", async (string keyId, KeyEditor editor, CancellationToken cancellation) =>
            {
                await editor.RemoveAsync(keyId, cancellation);
                return TypedResults.Text("{}", Json);
            })
            .WithName("DeleteKey").WithSummary("Removes a gateway key.").Produces(200);

        group.MapPost("/{keyId}/rotate", async (string keyId, HttpContext call, KeyEditor editor, CancellationToken cancellation) =>
                Shown(call, await editor.RotateAsync(keyId, KeyBody.Grace(await KeyBody.ReadAsync(call.Request, cancellation)), cancellation)))
            .WithName("RotateKey").WithSummary("Gives a gateway key a new text; the old one works for grace_seconds more (default 0).").Produces<KeyView>();
    }

    private static async Task<KeyPage> PageAsync(IKeyStore store, string after, CancellationToken cancellation)
    {
        if (after.Length > 0 && !KeyText.TryNumber(after, out _))
        {
            throw new GatewayException(400, "The page_token is none that a list answered.");
        }

        var keys = await store.ListAsync(after, PageSize + 1, cancellation);
        return new KeyPage([.. keys.Take(PageSize).Select(key => KeyView.Of(key))]) { NextPageToken = keys.Count > PageSize ? keys[PageSize - 1].Id : null };
    }

    private static JsonHttpResult<KeyView> Shown(GatewayKey key) => TypedResults.Json(KeyView.Of(key), KeyJson.Default.KeyView, Json);

    private static JsonHttpResult<KeyView> Shown(HttpContext call, (GatewayKey Key, string Text) made)
    {
        call.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(KeyView.Of(made.Key, made.Text), KeyJson.Default.KeyView, Json);
    }
}

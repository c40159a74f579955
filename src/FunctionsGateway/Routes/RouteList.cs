using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FunctionsGateway.Access;
using FunctionsGateway.Routes.Validation;
using Microsoft.AspNetCore.Http;

namespace FunctionsGateway.Routes;

/// <summary>Writes lists of routes from the snapshot, a piece at a time, so that a page of any length takes the same memory.</summary>
internal static class RouteList
{
    private const int PageSize = 3000;
    private const int PieceLength = 16_384;

    /// <summary>Writes <c>{"routes": […], "next_page_token": …}</c>, or without the token when the list is not paged.</summary>
    public static async Task WriteAsync<T>(
        HttpContext call, RouteBook book, string member, Func<GatewayRoute, T> view, JsonTypeInfo<T> shape, bool isPaged, CancellationToken cancellation)
    {
        var start = isPaged ? PageToken.Read(call.Request.Query["page_token"]) : 0;
        var caller = AccessGate.CallerOf(call);
        using var shown = (await book.SnapshotAsync(cancellation)).InOrder.Where(route => !route.IsTrafficRoute && caller.MaySee(route)).Skip(start).GetEnumerator();
        var left = isPaged ? PageSize : int.MaxValue;
        var hasMore = shown.MoveNext();

        call.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(call.Response.BodyWriter, RouteJson.Writing);
        json.WriteStartObject();
        json.WriteStartArray(member);
        for (; hasMore && left > 0; left--, hasMore = shown.MoveNext())
        {
            JsonSerializer.Serialize(json, view(shown.Current), shape);
            if (json.BytesPending > PieceLength)
            {
                json.Flush();
                await call.Response.BodyWriter.FlushAsync(cancellation);
            }
        }

        json.WriteEndArray();
        if (isPaged)
        {
            json.WriteString("next_page_token", hasMore ? PageToken.Write(start + PageSize) : null);
        }

        json.WriteEndObject();
    }

    /// <summary>Whether the caller's key allows the route.</summary>
    public static bool MaySee(this Caller caller, GatewayRoute route) => caller.MaySee(route.Name);
}

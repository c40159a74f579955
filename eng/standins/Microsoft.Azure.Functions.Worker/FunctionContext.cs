using Microsoft.AspNetCore.Http;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>One call of a function.</summary>
public abstract class FunctionContext
{
    /// <summary>The call's id.</summary>
    public abstract string InvocationId { get; }

    /// <summary>The function's id.</summary>
    public abstract string FunctionId { get; }

    /// <summary>The call's services.</summary>
    public abstract IServiceProvider InstanceServices { get; set; }

    /// <summary>What middleware leaves for later middleware.</summary>
    public abstract IDictionary<object, object> Items { get; set; }

    /// <summary>Fires when the host gives the call up.</summary>
    public virtual CancellationToken CancellationToken => CancellationToken.None;
}

/// <summary>The HTTP side of a call.</summary>
public static class FunctionContextExtensions
{
    /// <summary>The HTTP request of a call, <see langword="null"/> if something else started it.</summary>
    /// <param name="context">The call.</param>
    public static HttpContext? GetHttpContext(this FunctionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Items.TryGetValue("HttpRequestContext", out var http) ? http as HttpContext : null;
    }
}

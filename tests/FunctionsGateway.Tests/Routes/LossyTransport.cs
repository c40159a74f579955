using Azure.Core;
using Azure.Core.Pipeline;

namespace FunctionsGateway.Tests.Routes;

/// <summary>A network that delivers a transaction and then loses the answer.</summary>
internal sealed class LossyTransport : HttpPipelineTransport
{
    private readonly HttpPipelineTransport _inner = HttpClientTransport.Shared;

    public bool LoseNextTransactionAnswer { get; set; }

    public Action BeforeTransaction { get; set; } = () => { };

    public int Lost { get; private set; }

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        var isTransaction = message.Request.Uri.ToString().Contains("$batch", StringComparison.Ordinal);
        if (isTransaction)
        {
            BeforeTransaction();
        }

        await _inner.ProcessAsync(message);
        if (LoseNextTransactionAnswer && isTransaction)
        {
            LoseNextTransactionAnswer = false;
            Lost++;
            throw new IOException("The connection was reset.");
        }
    }
}

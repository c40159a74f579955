using System.Globalization;

namespace Azure.Data.Tables;

/// <summary>A transaction of which one step was refused; nothing of it was done.</summary>
public class TableTransactionFailedException : RequestFailedException
{
    internal const string FailedEntity = "FailedEntity";

    /// <summary>Wraps the refusal of the step.</summary>
    /// <param name="requestFailedException">The refusal, with the step's status and error code.</param>
    public TableTransactionFailedException(RequestFailedException requestFailedException)
        : base(requestFailedException.Status, requestFailedException.Message, requestFailedException.ErrorCode, requestFailedException.InnerException)
    {
        foreach (var key in requestFailedException.Data.Keys)
        {
            Data[key] = requestFailedException.Data[key];
        }

        if (int.TryParse(Data[FailedEntity] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            FailedTransactionActionIndex = index;
        }
    }

    /// <summary>Which action was refused, counted from 0; <see langword="null"/> when the service did not say.</summary>
    public int? FailedTransactionActionIndex { get; }
}

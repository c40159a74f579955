namespace Azure.Data.Tables;

/// <summary>An account's name and one of its keys.</summary>
public class TableSharedKeyCredential
{
    private volatile byte[] _key = [];

    /// <summary>Takes the name and the key.</summary>
    /// <param name="accountName">The account's name.</param>
    /// <param name="accountKey">The key in Base64.</param>
    /// <exception cref="FormatException">The key is not Base64.</exception>
    public TableSharedKeyCredential(string accountName, string accountKey)
    {
        ArgumentNullException.ThrowIfNull(accountName);
        AccountName = accountName;
        SetAccountKey(accountKey);
    }

    /// <summary>The account's name.</summary>
    public string AccountName { get; }

    internal byte[] Key => _key;

    /// <summary>Changes the key of all clients that hold this credential.</summary>
    /// <param name="accountKey">The key in Base64.</param>
    /// <exception cref="FormatException">The key is not Base64.</exception>
    public void SetAccountKey(string accountKey) => _key = Convert.FromBase64String(accountKey);
}

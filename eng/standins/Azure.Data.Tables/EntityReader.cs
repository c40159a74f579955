using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Reads rows from the service's JSON, a property's type from its <c>@odata.type</c> whether it stands before or after it.</summary>
internal static class EntityReader
{
    private static ReadOnlySpan<byte> TypeSuffix => "@odata.type"u8;

    /// <summary>The one row of an answer.</summary>
    public static TableEntity ReadOne(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return Read(ref reader);
    }

    /// <summary>The rows of a query's answer.</summary>
    public static List<TableEntity> ReadPage(ReadOnlySpan<byte> json)
    {
        var rows = new List<TableEntity>();
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRows = reader.ValueTextEquals("value"u8);
            reader.Read();
            if (!isRows)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                rows.Add(Read(ref reader));
            }
        }

        return rows;
    }

    private static TableEntity Read(ref Utf8JsonReader reader)
    {
        var row = new TableEntity();
        string? typed = null, type = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.EndsWith(TypeSuffix))
            {
                var name = reader.GetString()![..^TypeSuffix.Length];
                reader.Read();
                var named = reader.GetString();
                if (row.Remove(name, out var early))
                {
                    row[name] = Typed(early!, named);
                }
                else
                {
                    (typed, type) = (name, named);
                }
            }
            else
            {
                var name = reader.GetString()!;
                reader.Read();
                var value = name == nameof(TableEntity.Timestamp) ? reader.GetDateTimeOffset() : Value(ref reader, name == typed && type == "Edm.Double");
                if (value is not null && name is not ("odata.metadata" or "odata.type" or "odata.id" or "odata.editLink"))
                {
                    row[name] = name == typed ? Typed(value, type) : value;
                }
            }
        }

        return row;
    }

    private static object? Value(ref Utf8JsonReader reader, bool isDouble)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Number:
                return !isDouble && reader.TryGetInt32(out var number) ? (object)number : reader.GetDouble();
            case JsonTokenType.True or JsonTokenType.False:
                return reader.GetBoolean();
            default:
                reader.Skip();
                return null;
        }
    }

    private static object Typed(object value, string? type) => (type, value) switch
    {
        ("Edm.Int64", string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        ("Edm.Double", string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        ("Edm.Double", int number) => (double)number,
        ("Edm.DateTime", string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        ("Edm.Guid", string text) => Guid.Parse(text),
        ("Edm.Binary", string text) => Convert.FromBase64String(text),
        _ => value,
    };
}

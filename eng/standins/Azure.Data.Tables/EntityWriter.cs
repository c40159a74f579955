using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Writes a row as the service's JSON: each property that JSON cannot type by itself with its <c>@odata.type</c>.</summary>
internal static class EntityWriter
{
    private const string Type = "@odata.type";

    /// <summary>The row's JSON; its ETag, its timestamp and its nulls are not sent.</summary>
    /// <exception cref="NotSupportedException">The row is not a <see cref="TableEntity"/>, or a property has a type that tables do not store.</exception>
    public static ReadOnlyMemory<byte> Write(ITableEntity entity)
    {
        if (entity is not TableEntity row)
        {
            throw new NotSupportedException($"This stand-in of Azure.Data.Tables stores TableEntity only, not {entity.GetType()}.");
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            var properties = row.Properties();
            while (properties.MoveNext())
            {
                var (name, value) = properties.Current;
                if (value is not null && name is not ("Timestamp" or TableEntity.ETagKey))
                {
                    Write(writer, name, value);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case string text:
                writer.WriteString(name, text);
                break;
            case bool truth:
                writer.WriteBoolean(name, truth);
                break;
            case int number:
                writer.WriteNumber(name, number);
                break;
            case long number:
                writer.WriteString(name + Type, "Edm.Int64");
                writer.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                writer.WriteString(name + Type, "Edm.Double");
                Write(writer, name, number);
                break;
            case Guid id:
                writer.WriteString(name + Type, "Edm.Guid");
                writer.WriteString(name, id);
                break;
            case DateTimeOffset time:
                Write(writer, name, time.UtcDateTime);
                break;
            case DateTime time:
                Write(writer, name, time.ToUniversalTime());
                break;
            case byte[] bytes:
                Write(writer, name, bytes);
                break;
            case BinaryData data:
                Write(writer, name, data.ToMemory().Span);
                break;
            default:
                throw new NotSupportedException($"Property {name} has the type {value.GetType()}, which tables do not store.");
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, double number)
    {
        if (double.IsFinite(number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, DateTime utc)
    {
        writer.WriteString(name + Type, "Edm.DateTime");
        writer.WriteString(name, utc.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));
    }

    private static void Write(Utf8JsonWriter writer, string name, ReadOnlySpan<byte> bytes)
    {
        writer.WriteString(name + Type, "Edm.Binary");
        writer.WriteBase64String(name, bytes);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsGateway.Routes.Management;

/// <summary>The JSON of the third generation's management: unset members and empty collections are left out (spec/mlflow-gen3.md §D).</summary>
internal static class ManagedViews
{
    /// <summary>SecretInfo.</summary>
    public static JsonObject Secret(GatewayRoute row)
    {
        var facts = row.Managed ?? new();
        var json = new JsonObject { ["secret_id"] = row.Id, ["secret_name"] = Shelf.NameOf(row) };
        var masks = facts.Masks is { Count: > 0 } kept ? (JsonObject)kept.DeepClone() : new JsonObject { ["value"] = "***" };
        json["masked_values"] = masks;
        // MLflow 3.8's client reads the masks and the settings as texts.
        json["masked_value"] = masks.Count == 1 ? (string?)masks.First().Value : $"{{{string.Join(", ", masks.Select(mask => $"{mask.Key}: {(string?)mask.Value}"))}}}";
        if (facts.Provider is { } provider)
        {
            json["provider"] = provider;
        }

        if (facts.AuthConfig is { Count: > 0 } open)
        {
            json["auth_config"] = open.DeepClone();
            json["auth_config_json"] = open.ToJsonString();
        }

        Times(json, row);
        json["created_by"] = facts.CreatedBy;
        json["last_updated_by"] = facts.UpdatedBy;
        return json;
    }

    /// <summary>ModelDefinition.</summary>
    public static JsonObject Model(GatewayRoute row, Shelf shelf)
    {
        var target = row.Targets[0];
        var json = new JsonObject { ["model_definition_id"] = row.Id, ["name"] = Shelf.NameOf(row) };
        if (target.SecretId is { } id)
        {
            json["secret_id"] = id;
            if (shelf.Secrets.FirstOrDefault(secret => secret.Id == id) is { } secret)
            {
                json["secret_name"] = Shelf.NameOf(secret);
            }
        }

        json["provider"] = target.Provider;
        json["model_name"] = target.Model ?? "";
        Times(json, row);
        Add(json, "created_by", row.Managed?.CreatedBy);
        Add(json, "last_updated_by", row.Managed?.UpdatedBy);
        return json;
    }

    /// <summary>Endpoint.</summary>
    public static JsonObject Endpoint(GatewayRoute row, Shelf shelf)
    {
        var facts = row.Managed ?? new();
        var json = new JsonObject { ["endpoint_id"] = row.Id, ["name"] = row.Name };
        Times(json, row);
        if (row.Targets.Count > 0)
        {
            json["model_mappings"] = new JsonArray([.. row.Targets.Select(target => Mapping(row, target, shelf))]);
        }

        json["created_by"] = facts.CreatedBy;
        json["last_updated_by"] = facts.UpdatedBy;
        if (facts.Tags.Count > 0)
        {
            json["tags"] = new JsonArray([.. facts.Tags.Select(tag => new JsonObject { ["key"] = tag.Key, ["value"] = tag.Value })]);
        }

        if (row.IsSplit)
        {
            json["routing_strategy"] = "REQUEST_BASED_TRAFFIC_SPLIT";
        }

        if (row.FallbackAttempts is { } attempts)
        {
            var fallback = new JsonObject();
            Add(fallback, "strategy", facts.FallbackStrategy);
            if (attempts > 0)
            {
                fallback["max_attempts"] = attempts;
            }

            json["fallback_config"] = fallback;
        }

        Add(json, "experiment_id", facts.ExperimentId);
        json["usage_tracking"] = facts.UsageTracking;
        if (row.OptionsSet() is { } options)
        {
            json["gateway_options"] = JsonSerializer.SerializeToNode(options, RouteJson.Wire.RouteOptionSet);
        }

        return json;
    }

    /// <summary>Mapping.</summary>
    public static JsonObject Mapping(GatewayRoute endpoint, Target target, Shelf shelf)
    {
        var json = new JsonObject { ["mapping_id"] = target.Id, ["endpoint_id"] = endpoint.Id, ["model_definition_id"] = target.DefinitionId };
        if (shelf.Models.FirstOrDefault(model => model.Id == target.DefinitionId) is { } model)
        {
            json["model_definition"] = Model(model, shelf);
        }

        json["weight"] = target.Weight;
        json["linkage_type"] = target.IsFallback ? "FALLBACK" : "PRIMARY";
        if (target.FallbackOrder is { } order)
        {
            json["fallback_order"] = order;
        }

        json["created_at"] = (target.Attached ?? endpoint.Created).ToUnixTimeMilliseconds();
        Add(json, "created_by", target.AttachedBy);
        return json;
    }

    /// <summary>Binding.</summary>
    public static JsonObject Binding(GatewayRoute endpoint, Binding binding)
    {
        var json = new JsonObject
        {
            ["endpoint_id"] = endpoint.Id,
            ["resource_type"] = binding.ResourceType,
            ["resource_id"] = binding.ResourceId,
            ["created_at"] = binding.Created.ToUnixTimeMilliseconds(),
            ["last_updated_at"] = binding.Created.ToUnixTimeMilliseconds(),
        };
        Add(json, "created_by", binding.CreatedBy);
        return json;
    }

    private static void Times(JsonObject json, GatewayRoute row)
    {
        json["created_at"] = row.Created.ToUnixTimeMilliseconds();
        json["last_updated_at"] = row.Updated.ToUnixTimeMilliseconds();
    }

    private static void Add(JsonObject json, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            json[name] = value;
        }
    }
}

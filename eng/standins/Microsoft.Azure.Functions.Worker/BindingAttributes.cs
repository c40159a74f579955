namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

/// <summary>Says where a parameter's value comes from, or where a result goes.</summary>
[AttributeUsage(AttributeTargets.All)]
public abstract class BindingAttribute : Attribute;

/// <summary>Says what starts the function; every function has exactly one.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public abstract class TriggerBindingAttribute : BindingAttribute;

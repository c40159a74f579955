namespace FunctionsGateway.Tests;

/// <summary>The law of dependencies, executed on the compiled assemblies.</summary>
public sealed class ArchitectureTests
{
    private const string House = "FunctionsGateway";

    /// <summary>Which rooms a room may know besides itself and the hall's plain values (<c>GatewayIds</c>, <c>GatewayOptions</c>).</summary>
    private static readonly Dictionary<string, string[]> Rooms = new()
    {
        ["Access"] = ["Errors"],
        ["Errors"] = [],
        ["Telemetry"] = ["Errors"],
        ["Secrets"] = ["Errors", "Telemetry"],
        ["Limits"] = ["Errors", "Telemetry", "Access", "Routes"],
        ["Routes"] = ["Errors", "Telemetry", "Access", "Limits", "Secrets"],
        ["Upstream"] = ["Errors", "Telemetry", "Secrets", "Routes"],
        ["Streaming"] = ["Errors", "Telemetry"],
        ["Storage"] = ["Errors", "Telemetry", "Access", "Routes", "Limits", "Secrets", "Upstream"],
        ["Docs"] = ["Errors", "Telemetry", "Access", "Routes", "Storage"],
        ["Invocations"] = ["Errors", "Telemetry", "Access", "Routes", "Limits", "Secrets", "Upstream", "Streaming"],
    };

    /// <summary>What only one room may name, and what the others take instead.</summary>
    private static readonly (string Prefix, string[] Rooms, string Instead)[] Doors =
    [
        ("Azure.Data.Tables.", ["Storage"], "take the room's own store interface (IRouteStore, ICounterStore, …), which Storage implements"),
        ("Azure.Security.KeyVault.", ["Storage"], "take ISecretStore, which Storage implements"),
        ("System.Net.Http.HttpClient", ["Upstream"], "take ProviderClient of Upstream"),
        ("System.Net.Http.SocketsHttpHandler", ["Upstream"], "take ProviderClient of Upstream"),
        ("Polly.", ["Upstream"], "take ProviderClient of Upstream, which retries"),
        ("Azure.Core.TokenCredential", ["Upstream", "Storage"], "take RequestSigner of Upstream"),
    ];

    [Fact]
    public void The_workshop_references_the_base_library_only()
    {
        using var workshop = Open("FunctionsGateway.Providers");

        Assert.All(workshop.References(), r => Assert.True(
            r.StartsWith("System.", StringComparison.Ordinal) && r is not "System.Net.Http" and not "System.Net.Sockets",
            $"Providers references {r}: a translation is pure; describe the call in a value and let Upstream make it."));
    }

    [Fact]
    public void The_workshop_names_no_clock_and_no_dice()
    {
        using var workshop = Open("FunctionsGateway.Providers");

        Assert.All(workshop.Uses(), u => Assert.False(
            u.To is "System.TimeProvider" or "System.Random" or "System.Diagnostics.Stopwatch",
            $"{u.From} names {u.To}: put what is needed into ProviderCall."));
    }

    [Fact]
    public void The_house_does_not_know_the_worker()
    {
        using var house = Open(House);

        Assert.All(house.References(), r => Assert.False(
            r.StartsWith("Microsoft.Azure.Functions", StringComparison.Ordinal) || r.StartsWith("FunctionsGateway.App", StringComparison.Ordinal),
            $"FunctionsGateway references {r}: take HttpContext; the functions in FunctionsGateway.App bring it."));
    }

    [Fact]
    public void The_porch_knows_the_hall_alone()
    {
        using var porch = Open("FunctionsGateway.App");

        Assert.All(porch.Uses().Where(u => u.To.StartsWith("FunctionsGateway.", StringComparison.Ordinal)), u => Assert.True(
            u.To is "FunctionsGateway.GatewayApp" or "FunctionsGateway.GatewayServices" || u.To.StartsWith("FunctionsGateway.App.", StringComparison.Ordinal),
            $"FunctionsGateway.App names {u.To}: a function has one line and calls GatewayApp; the rule belongs to a room."));
    }

    [Fact]
    public void Rooms_see_one_way()
    {
        using var house = Open(House);

        var wrong = from use in house.Uses()
                    let @from = RoomOf(use.From)
                    let to = RoomOf(use.To[..use.To.LastIndexOf('.')])
                    where @from is not null && to is not null && @from != to && Rooms.ContainsKey(to)
                    where !Rooms.TryGetValue(@from, out var known) || !known.Contains(to)
                    select $"{@from} names {use.To}: {@from} may know {string.Join(", ", Rooms.GetValueOrDefault(@from, []))}; declare an interface in {@from}, or move the type.";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_room_is_on_the_plan()
    {
        using var house = Open(House);

        Assert.Empty(house.Uses().Select(u => RoomOf(u.From)).OfType<string>().Distinct().Except(Rooms.Keys));
    }

    [Fact]
    public void Doors_are_used_by_their_own_room()
    {
        using var house = Open(House);

        var wrong = from use in house.Uses()
                    from door in Doors
                    where use.To.StartsWith(door.Prefix, StringComparison.Ordinal)
                    let room = RoomOf(use.From)
                    where room is not null && !door.Rooms.Contains(room)
                    select $"{room} names {use.To}: {door.Instead}.";

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_breach_would_be_seen()
    {
        using var tests = new AssemblyUses(typeof(ArchitectureTests).Assembly.Location);

        Assert.Contains(("FunctionsGateway.Tests.Porch", "System.Net.Http.HttpClient"), tests.Uses());
    }

    private static AssemblyUses Open(string name) => new(Path.Combine(AppContext.BaseDirectory, name + ".dll"));

    private static string? RoomOf(string space) =>
        space.StartsWith(House + ".", StringComparison.Ordinal) && !space.StartsWith("FunctionsGateway.Providers", StringComparison.Ordinal)
            ? space.Split('.')[1]
            : null;
}

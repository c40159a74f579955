namespace FunctionsGateway;

/// <summary>The settings under <c>Gateway</c> (<c>Gateway__…</c> as environment variables or app settings), spec/decisions.md §10.</summary>
internal sealed class GatewayOptions
{
    /// <summary>The largest request body in bytes; a larger one is answered 413. At least 1,024.</summary>
    public long MaxBodyBytes { get; set; } = 33_554_432;

    /// <summary>The MLflow YAML file to import at start and whenever it changes; none when empty.</summary>
    public string? ConfigPath { get; set; }

    /// <summary>The name under which this app imports its file; only rows of the same source are removed by a later import.</summary>
    public string ConfigSource { get; set; } = "file";

    /// <summary><c>Gateway__Access__…</c>.</summary>
    public AccessSettings Access { get; set; } = new();

    /// <summary><c>Gateway__Limits__…</c>.</summary>
    public LimitSettings Limits { get; set; } = new();

    /// <summary><c>Gateway__Routes__…</c>.</summary>
    public RouteSettings Routes { get; set; } = new();

    /// <summary><c>Gateway__Secrets__…</c>.</summary>
    public SecretSettings Secrets { get; set; } = new();

    /// <summary><c>Gateway__KeyVault__…</c>.</summary>
    public KeyVaultSettings KeyVault { get; set; } = new();

    /// <summary><c>Gateway__Egress__…</c>.</summary>
    public EgressSettings Egress { get; set; } = new();

    /// <summary><c>Gateway__Deadlines__…</c>.</summary>
    public DeadlineSettings Deadlines { get; set; } = new();

    /// <summary><c>Gateway__Streams__…</c>.</summary>
    public StreamSettings Streams { get; set; } = new();

    /// <summary><c>Gateway__Compatibility__…</c>.</summary>
    public CompatibilitySettings Compatibility { get; set; } = new();
}

/// <summary>Who may call.</summary>
internal sealed class AccessSettings
{
    /// <summary>Whether callers without a credential may invoke and manage.</summary>
    public bool Anonymous { get; set; }

    /// <summary>Names besides <c>localhost</c> under which <see cref="Anonymous"/> callers reach the gateway outside of Azure, so that no web page can have a name of
    /// its own bound to it: comma-separated, without ports. Addresses need no entry.</summary>
    public string AllowedHosts { get; set; } = "";

    /// <summary>The second yes that <see cref="Anonymous"/> needs in Azure.</summary>
    public bool AnonymousInAzure { get; set; }

    /// <summary>Whether <c>X-Gateway-Caller</c> names the caller; Development only.</summary>
    public bool TrustCallerHeader { get; set; }

    /// <summary>Object ids of people or applications who may manage from the first day: comma-separated.</summary>
    public string Managers { get; set; } = "";

    /// <summary>A reference to a key that may manage from the first day, e.g. <c>keyvault:gateway-bootstrap</c>; none when empty. In Azure it must be in a vault; elsewhere <c>$NAME</c> may be an app setting.</summary>
    public string? BootstrapKey { get; set; }

    /// <summary>Whether App Service's authentication header names the caller; only together with <c>WEBSITE_AUTH_ENABLED=True</c>.</summary>
    public bool TrustEasyAuth { get; set; }

    /// <summary><c>Gateway__Access__Entra__…</c>.</summary>
    public EntraSettings Entra { get; set; } = new();
}

/// <summary>Whose Entra ID tokens are taken, and for what. All lists are comma-separated.</summary>
internal sealed class EntraSettings
{
    /// <summary>The tenant; tokens are taken only if this or <see cref="Issuers"/> is set.</summary>
    public string? TenantId { get; set; }

    /// <summary>The issuers; by default the tenant's two.</summary>
    public string Issuers { get; set; } = "";

    /// <summary>The audiences, e.g. <c>api://gateway</c>; a token must be for one of them.</summary>
    public string Audiences { get; set; } = "";

    /// <summary>Where the issuer publishes its keys; by default the tenant's address.</summary>
    public string? KeysUrl { get; set; }

    /// <summary>The app roles or group ids that may invoke.</summary>
    public string InvokeRoles { get; set; } = "Gateway.Invoke";

    /// <summary>The app roles or group ids that may manage.</summary>
    public string ManageRoles { get; set; } = "Gateway.Manage";
}

/// <summary>Where secrets are.</summary>
internal sealed class KeyVaultSettings
{
    /// <summary>The operator's vault, which is only read; none when empty.</summary>
    public string? Uri { get; set; }

    /// <summary>The gateway's own vault, where it keeps keys that callers send; none when empty.</summary>
    public string? WriteUri { get; set; }
}

/// <summary>How limits behave.</summary>
internal sealed class LimitSettings
{
    /// <summary>How long a call may wait for its admission.</summary>
    public TimeSpan AdmissionWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How far the storage's front ends' clocks may differ.</summary>
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest <c>Retry-After</c> that is sent.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary><c>Refuse</c> (503) or <c>Allow</c> (admit and count) while storage fails.</summary>
    public StorageFailureRule OnStorageFailure { get; set; }

    /// <summary>How often the fleet sweeps counters whose windows are over.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromHours(6);
}

/// <summary>What a failing counter store means for a call.</summary>
internal enum StorageFailureRule
{
    /// <summary>The call is refused with 503.</summary>
    Refuse,

    /// <summary>The call is admitted, and counted in a metric.</summary>
    Allow,
}

/// <summary>How fresh routes are.</summary>
internal sealed class RouteSettings
{
    /// <summary>The bound on how old the snapshot that serves a call may be.</summary>
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long known routes are served while storage is down.</summary>
    public TimeSpan MaxStale { get; set; } = TimeSpan.FromMinutes(5);
}

/// <summary>Which secrets may serve as keys.</summary>
internal sealed class SecretSettings
{
    /// <summary>Whether a literal key may be stored in a route; Development only.</summary>
    public bool AllowInline { get; set; }

    /// <summary>The names that <c>$NAME</c> may read: comma-separated, <c>*</c> matches any characters.</summary>
    public string Names { get; set; } = "*_API_KEY,*_API_TOKEN";

    /// <summary>The folder under which key files of the YAML import may lie; none when empty.</summary>
    public string? FileRoot { get; set; }

    /// <summary>How long a secret is used before it is read again.</summary>
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a secret is used while the vault does not answer.</summary>
    public TimeSpan MaxStale { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>Where calls may go.</summary>
internal sealed class EgressSettings
{
    /// <summary>Hosts that may be reached although their address is private or their scheme is http: comma-separated, each <c>host</c> or <c>host:port</c>.</summary>
    public string AllowedHosts { get; set; } = "";
}

/// <summary>How long things may take (spec/decisions.md §5).</summary>
internal sealed class DeadlineSettings
{
    /// <summary>To connect to a provider.</summary>
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For the first byte of one attempt while another target is left.</summary>
    public TimeSpan FirstByte { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>From the request's arrival to the last byte of a unary answer, or to the commit of a stream.</summary>
    public TimeSpan Total { get; set; } = TimeSpan.FromSeconds(200);

    /// <summary>Between two bytes of a stream after its commit.</summary>
    public TimeSpan StreamIdle { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>For a whole stream after its commit.</summary>
    public TimeSpan StreamLongest { get; set; } = TimeSpan.FromMinutes(25);
}

/// <summary>How streams are kept alive.</summary>
internal sealed class StreamSettings
{
    /// <summary>The silence after which a comment is sent, from commit on.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);
}

/// <summary>Which of MLflow's older habits are kept.</summary>
internal sealed class CompatibilitySettings
{
    /// <summary><c>choices</c> (MLflow 2.9 and later) or <c>candidates</c> (2.5 to 2.8) on <c>/gateway/{name}/invocations</c>; when empty, <c>candidates</c> for MLflow's own client of 2.5 to 2.8.</summary>
    public string? AnswerShape { get; set; }

    /// <summary>Whether <c>n: 1</c> and <c>temperature: 0.0</c> are sent when the caller sent none, as MLflow did.</summary>
    public bool SendDefaults { get; set; }
}

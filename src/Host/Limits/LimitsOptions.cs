using System.ComponentModel.DataAnnotations;

namespace Host.Limits;

/// <summary>What an operator may set under <c>Limits</c>.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Where the Host finds its options.</summary>
    public const string Section = "Limits";

    /// <summary>Requests a second that one key or token may make for long. A batch is one request. 1 to 1 000 000. Default 100.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>How many it may make at once after a pause; no fewer than it may make a second. 1 to 10 000 000. Default 1000.</summary>
    [Range(1, 10_000_000)]
    public int Burst { get; set; } = 1000;

    /// <summary>Requests a second that one address may make without a key or with a wrong one. 1 to 100 000. Default 10.</summary>
    [Range(1, 100_000)]
    public int StrangersPerSecond { get; set; } = 10;

    /// <summary>
    /// Requests that are worked on at once; one more is answered 503 at once. Health checks are not counted. 1 to 100 000. Default 256.
    /// </summary>
    [Range(1, 100_000)]
    public int Concurrent { get; set; } = 256;

    /// <summary>After this a request is given up with 503. An export may take as long as it takes. 1 s to 1 day. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest body, in bytes. 1 KiB to 1 GiB. Default 16 MiB.</summary>
    [Range(1024L, 1_073_741_824L)]
    public long MaxBodyBytes { get; set; } = 16 * 1024 * 1024;
}

namespace Host.Limits;

/// <summary>What an operator may set under <c>Limits</c>.</summary>
internal sealed class LimitsOptions
{
    /// <summary>Where the Host finds its options.</summary>
    public const string Section = "Limits";

    /// <summary>Requests a second that one key or token may make for long. Default 100. A batch is one request.</summary>
    public int RequestsPerSecond { get; set; } = 100;

    /// <summary>How many it may make at once after a pause. Default 1000.</summary>
    public int Burst { get; set; } = 1000;

    /// <summary>Requests a second that one address may make without a key or with a wrong one. Default 10.</summary>
    public int StrangersPerSecond { get; set; } = 10;

    /// <summary>Requests that are worked on at once; one more is answered 503 at once. Health checks are not counted. Default 256.</summary>
    public int Concurrent { get; set; } = 256;

    /// <summary>After this a request is given up with 503. Default one minute. An export may take as long as it takes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest body, in bytes. Default 16 MiB.</summary>
    public long MaxBodyBytes { get; set; } = 16 * 1024 * 1024;
}

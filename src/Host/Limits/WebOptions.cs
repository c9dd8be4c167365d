namespace Host.Limits;

/// <summary>What an operator may set under <c>Web</c>: what browsers and proxies need to know.</summary>
internal sealed class WebOptions
{
    /// <summary>Where the Host finds its options.</summary>
    public const string Section = "Web";

    /// <summary>Origins whose pages may call, such as <c>https://desk.example.com</c>. Default none: browsers keep other sites out.</summary>
    public List<string> Origins { get; } = [];

    /// <summary>Addresses or networks (<c>10.0.0.0/8</c>) of the proxies whose X-Forwarded-For and -Proto are believed. Default none.</summary>
    public List<string> Proxies { get; } = [];

    /// <summary>True tells browsers to come by HTTPS only, for a year (HSTS). Default false: set it once HTTPS works.</summary>
    public bool Hsts { get; set; }
}

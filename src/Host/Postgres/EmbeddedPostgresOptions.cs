using System.ComponentModel.DataAnnotations;

namespace Host.Postgres;

/// <summary>What an operator may set under <c>EmbeddedPostgres</c>; used only without <c>ConnectionStrings:Postgres</c>.</summary>
internal sealed class EmbeddedPostgresOptions
{
    /// <summary>Where the options are found.</summary>
    public const string Section = "EmbeddedPostgres";

    /// <summary>
    /// Folder of the server's data, kept between runs. Default: <c>followups</c> in the user's local application data, or
    /// <c>/var/lib/followups</c> for root, whose home the unprivileged server cannot enter.
    /// </summary>
    public string DataFolder { get; set; } =
        Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows()
            ? "/var/lib/followups"
            : Path.Combine(
                Environment.GetFolderPath(
                    Environment.SpecialFolder.LocalApplicationData,
                    Environment.SpecialFolderOption.DoNotVerify
                ),
                "followups"
            );

    /// <summary>Port on 127.0.0.1; 0, the default, takes a free one at each start. At most 65535.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; }

    /// <summary>Folder that holds <c>pg_ctl</c>; found by itself when absent.</summary>
    public string? Binaries { get; set; }

    /// <summary>Maven repository from which binaries are fetched where the machine has none; the library's own when absent.</summary>
    public string? MavenRepository { get; set; }

    /// <summary>Account that the server runs as when the Host is root; default <c>postgres</c> where it exists, else <c>nobody</c>.</summary>
    public string? User { get; set; }

    /// <summary>Further server settings, such as <c>fsync = off</c> for a throw-away server.</summary>
    public Dictionary<string, string> Settings { get; } = [];
}

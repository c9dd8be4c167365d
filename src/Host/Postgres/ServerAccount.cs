namespace Host.Postgres;

// Who the server runs as when the Host is root: PostgreSQL refuses to.
internal sealed record ServerAccount(string User, string Group)
{
    private const string Root = "0";

    public static async Task<ServerAccount?> FindAsync(
        EmbeddedPostgresOptions options,
        string cluster,
        CancellationToken cancellationToken
    )
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        // Data that an ordinary user made stays that user's: both may start the service on it in turn.
        if (await OwnerAsync(cluster, cancellationToken) is { User: not Root } owner)
        {
            return owner;
        }

        if (options.User is { } named)
        {
            return await NamedAsync(named, cancellationToken) is { User: not Root } account
                ? account
                : throw new EmbeddedPostgresException(
                    $"EmbeddedPostgres:User names {named}, which is no account of this machine other than root. Name another, or none."
                );
        }

        return await NamedAsync("postgres", cancellationToken)
            ?? await NamedAsync("nobody", cancellationToken)
            ?? throw new EmbeddedPostgresException(
                "PostgreSQL does not run as root, and this machine has neither an account postgres nor nobody. "
                    + "Set EmbeddedPostgres:User to another one, or start the service as an ordinary user."
            );
    }

    public static async Task<bool> IsOfRootAsync(string path, CancellationToken cancellationToken) =>
        await OwnerAsync(path, cancellationToken) is { User: Root };

    public async Task OwnAsync(string[] paths, CancellationToken cancellationToken)
    {
        var (exit, output) = await ServerProcess.RunAsync(
            "chown",
            paths is ["-R", ..] ? ["-R", $"{User}:{Group}", .. paths[1..]] : [$"{User}:{Group}", .. paths],
            null,
            cancellationToken
        );
        if (exit != 0)
        {
            throw new EmbeddedPostgresException(
                $"PostgreSQL does not run as root, and its files cannot be given to the user id {User}: {output.Trim()}. "
                    + "Set EmbeddedPostgres:DataFolder to a folder of a disk that knows owners, or start the service as an ordinary user."
            );
        }
    }

    private static async Task<ServerAccount?> OwnerAsync(string path, CancellationToken cancellationToken)
    {
        var (exit, output) = await ServerProcess.RunAsync("ls", ["-dn", path], null, cancellationToken);
        return exit == 0 && output.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var user, var group, ..]
            ? new(user, group)
            : null;
    }

    private static async Task<ServerAccount?> NamedAsync(string name, CancellationToken cancellationToken)
    {
        var (found, user) = await ServerProcess.RunAsync("id", ["-u", name], null, cancellationToken);
        var (_, group) = await ServerProcess.RunAsync("id", ["-g", name], null, cancellationToken);
        return found == 0 ? new(user.Trim(), group.Trim()) : null;
    }
}

using Npgsql;

namespace Host.Postgres;

// Who connects to the database as what. ConnectionStrings:Postgres names the owner, who migrates; each part of the Host works as an account of
// its own, which may use its own schemas and nothing else. What nobody named is made by the owner, and its password follows from the owner's:
// every Host on the database knows it, and it is kept nowhere.
// An account each, and not roles that one login takes on (SET ROLE, or role in the connection's options): that needs no passwords but holds
// nothing, since SQL that slips in undoes it with SET ROLE NONE; and PgBouncer in transaction mode carries neither.
internal sealed class Accounts
{
    public const string Host = "Host";

    private const string Owner = "Postgres";
    private const int LongestName = 63;

    // PostgreSQL's 4.0 is a turning disk's: with it a batch of keys reads a whole table rather than look each up. And none of the statements
    // runs for so long that compiling it (JIT) pays.
    private const string RandomPageCost = "1.1";

    private static readonly (string Name, string[] Schemas)[] Parts =
    [
        ("Conversations", ["conversations"]),
        ("FollowUps", ["followups"]),
        (Host, ["access", "scheduler"]),
    ];

    private static readonly string NameThem = string.Join(", ", Parts.Select(part => $"ConnectionStrings:{part.Name}"));

    private readonly NpgsqlConnectionStringBuilder? owner;
    private readonly List<Account> accounts = [];

    // From here on each part finds its own under ConnectionStrings.
    public Accounts(IConfiguration configuration)
    {
        owner = Read(configuration, Owner);
        foreach (var (part, schemas) in Parts)
        {
            var named = Read(configuration, part);
            var account = new Account(part, schemas, named ?? Derive(part), IsMade: named is null);
            configuration[$"ConnectionStrings:{part}"] = account.Login.ConnectionString;
            accounts.Add(account);
        }
    }

    public bool MayMigrate => owner is not null;

    public NpgsqlDataSource OpenOwner() =>
        owner is not null
            ? Open(owner)
            : throw new StartException("To migrate, ConnectionStrings:Postgres must name the owner of the database.");

    // The owner's; where none is named, the Host's.
    public NpgsqlDataSource OpenAny() => MayMigrate ? OpenOwner() : Open(accounts[^1].Login);

    public static bool AreNamed(IConfiguration configuration) =>
        Parts.Select(part => part.Name).Append(Owner).Any(name => Read(configuration, name) is not null);

    // After the migrations, since it grants what they made.
    public async Task GrantAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            // Two Hosts at once would change the same rows of the catalogue.
            await RunAsync(connection, OneAtATimeSql, cancellationToken);
            foreach (var account in accounts)
            {
                if (account.IsMade)
                {
                    await MakeAsync(connection, account.Login, cancellationToken);
                }

                var name = account.IsMade ? account.Login.Username! : await LogInAsync(account, cancellationToken);
                foreach (var schema in account.Schemas)
                {
                    await RunAsync(connection, GrantSql(Quoted(schema), Quoted(name)), cancellationToken);
                }
            }

            await transaction.CommitAsync(cancellationToken);
        }

        await CheckAsync(cancellationToken);
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var account in accounts)
        {
            await LogInAsync(account, cancellationToken);
        }
    }

    private static async Task MakeAsync(
        NpgsqlConnection connection,
        NpgsqlConnectionStringBuilder login,
        CancellationToken cancellationToken
    )
    {
        var mark = $"Made by FollowUps for the database {login.Database}";
        bool found;
        await using (var look = new NpgsqlCommand(FindSql, connection))
        {
            look.Parameters.Add(new() { Value = login.Username! });
            await using var row = await look.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            if (!row.GetBoolean(1))
            {
                throw new StartException(
                    $"The account {row.GetString(0)} of ConnectionStrings:Postgres may not make the accounts that the parts of the Host connect as. "
                        + $"Allow it (ALTER ROLE {Quoted(row.GetString(0))} CREATEROLE), or make three accounts that may log in and name them: {NameThem}."
                );
            }

            found = row.GetBoolean(2);
            if (found && (row.IsDBNull(3) || row.GetString(3) != mark))
            {
                throw new StartException(
                    $"The server has an account {login.Username} that was not made for the database {login.Database}. "
                        + $"Rename it, or make three accounts that may log in and name them: {NameThem}."
                );
            }
        }

        var verifier = ScramSecret.Verifier(login.Username!, login.Password!);
        await RunAsync(
            connection,
            $"""
            {(found ? "ALTER" : "CREATE")} ROLE {Quoted(login.Username!)} LOGIN PASSWORD '{verifier}';
            GRANT CONNECT ON DATABASE {Quoted(login.Database!)} TO {Quoted(login.Username!)};
            ALTER ROLE {Quoted(login.Username!)} SET random_page_cost = {RandomPageCost};
            ALTER ROLE {Quoted(login.Username!)} SET jit = off;
            COMMENT ON ROLE {Quoted(login.Username!)} IS '{mark.Replace("'", "''", StringComparison.Ordinal)}'
            """,
            cancellationToken
        );
    }

    // Answers with the server's name for it: a connection string need not hold one.
    private static async Task<string> LogInAsync(Account account, CancellationToken cancellationToken)
    {
        try
        {
            await using var database = Open(account.Login);
            await using var ask = database.CreateCommand("SELECT current_user::text");
            return (string)(await ask.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (PostgresException refusal)
            when (refusal.SqlState
                    is PostgresErrorCodes.InvalidPassword
                        or PostgresErrorCodes.InvalidAuthorizationSpecification
                        or PostgresErrorCodes.InsufficientPrivilege
            )
        {
            throw new StartException(
                account.IsMade
                    ? $"The database does not let in the account {account.Login.Username} ({refusal.MessageText}). "
                        + "`build/run migrate` makes it, and gives it its new password when the owner's has changed."
                    : $"The database does not let in the account of ConnectionStrings:{account.Part} ({refusal.MessageText})."
            );
        }
    }

    private NpgsqlConnectionStringBuilder Derive(string part)
    {
        if (owner is null)
        {
            throw new StartException(
                $"ConnectionStrings:{part} is missing. Name it too, or the owner of the database who makes it: ConnectionStrings:Postgres."
            );
        }

        if (owner is not { Username: { Length: > 0 } user, Password: { Length: > 0 } password })
        {
            throw new StartException(
                $"ConnectionStrings:Postgres has no user name or no password, from which those of the parts of the Host could follow. Name them: {NameThem}."
            );
        }

        var name = $"{owner.Database ?? user}_{part.ToLowerInvariant()}";
        return System.Text.Encoding.UTF8.GetByteCount(name) > LongestName
            ? throw new StartException(
                $"An account cannot be called {name}: {LongestName} bytes are the most. Make three accounts that may log in and name them: {NameThem}."
            )
            : new(owner.ConnectionString)
            {
                Username = name,
                Password = ScramSecret.Derive(password, name),
                Database = owner.Database ?? user,
            };
    }

    private static NpgsqlConnectionStringBuilder? Read(IConfiguration configuration, string name)
    {
        try
        {
            return configuration.GetConnectionString(name) is { Length: > 0 } text ? new(text) : null;
        }
        catch (ArgumentException problem)
        {
            throw new StartException($"ConnectionStrings:{name} is no connection string: {problem.Message}");
        }
    }

    // For what is done once, at start. Named, since metrics would else show the connection string.
    private static NpgsqlDataSource Open(NpgsqlConnectionStringBuilder to) =>
        new NpgsqlDataSourceBuilder(
            new NpgsqlConnectionStringBuilder(to.ConnectionString) { Pooling = false }.ConnectionString
        )
        {
            Name = "start",
        }.Build();

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private const string OneAtATimeSql = "SELECT pg_advisory_xact_lock(hashtextextended('accounts', 0))";

    private const string FindSql = """
        SELECT me.rolname::text, me.rolsuper OR me.rolcreaterole, r.oid IS NOT NULL, shobj_description(r.oid, 'pg_authid')
        FROM pg_roles me LEFT JOIN pg_roles r ON r.rolname = $1
        WHERE me.rolname = current_user
        """;

    private static string GrantSql(string schema, string account) =>
        $"""
            GRANT USAGE ON SCHEMA {schema} TO {account};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {account};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {account}
            """;

    private sealed record Account(string Part, string[] Schemas, NpgsqlConnectionStringBuilder Login, bool IsMade);
}

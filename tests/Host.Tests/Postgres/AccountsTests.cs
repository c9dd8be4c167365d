using System.Net;
using System.Net.Http.Json;
using Host.Postgres;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Testing;

namespace Host.Tests.Postgres;

// What each part of the Host may do in the database. That it may do enough is what all other tests show: they run with the same accounts.
public sealed class AccountsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly string[] Schemas = ["access", "conversations", "followups", "scheduler"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string[]> Parts() =>
        new()
        {
            { "Conversations", ["conversations"] },
            { "FollowUps", ["followups"] },
            { "Host", ["access", "scheduler"] },
        };

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Account_uses_its_own_tables_and_no_others(string part, string[] own)
    {
        var tables = await ListAsync(
            host.ConnectionString,
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY (string_to_array($1, ' '))",
            string.Join(' ', Schemas)
        );
        Assert.All(
            Schemas,
            schema => Assert.Contains(tables, table => table.StartsWith(schema, StringComparison.Ordinal))
        );

        foreach (var table in tables)
        {
            var expected = own.Contains(table.Split('.')[0]) ? null : PostgresErrorCodes.InsufficientPrivilege;
            Assert.Equal((table, expected), (table, await TryAsync(part, $"SELECT FROM {table} LIMIT 1")));
            Assert.Equal((table, expected), (table, await TryAsync(part, $"DELETE FROM {table} WHERE false")));
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Account_neither_changes_a_schema_nor_becomes_another(string part, string[] own)
    {
        foreach (var schema in (string[])[.. own, .. Schemas.Except(own), "public"])
        {
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege,
                await TryAsync(part, $"CREATE TABLE {schema}.made (id int)")
            );
        }

        var others = await ListAsync(
            host.ConnectionString,
            "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname <> $1",
            Login(part).Username!
        );
        Assert.NotEmpty(others);
        foreach (var other in others)
        {
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await TryAsync(part, $"SET ROLE \"{other}\""));
        }
    }

    [Fact]
    public async Task Each_part_is_connected_as_itself()
    {
        var id = Some.Id();
        var answer = await host.Http.PostAsJsonAsync(
            $"/api/v1/bookings/{id}/confirmed",
            new
            {
                userId = id,
                conversationId = id,
                eventAt = DateTimeOffset.UtcNow.AddDays(3),
            },
            Token
        );
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);

        var connected = await ListAsync(
            host.ConnectionString,
            """
            SELECT DISTINCT application_name || ' ' || usename FROM pg_stat_activity
            WHERE datname = current_database() AND application_name <> ''
            """
        );

        Assert.Equal(
            [
                $"access {Login("Host").Username}",
                $"conversations {Login("Conversations").Username}",
                $"followups {Login("FollowUps").Username}",
            ],
            connected.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Owner_that_may_make_accounts_needs_to_be_no_superuser()
    {
        var owner = await NewOwnerAsync("CREATEROLE");

        await using var service = await StartAsync(("Postgres", owner));

        Assert.Equal($"{new NpgsqlConnectionStringBuilder(owner).Database}_followups", Username(service, "FollowUps"));
    }

    [Fact]
    public async Task Owner_that_may_not_make_accounts_is_told_how_to_go_on()
    {
        var owner = await NewOwnerAsync("NOCREATEROLE");

        var refusal = await Assert.ThrowsAsync<StartException>(() => StartAsync(("Postgres", owner)));

        Assert.Contains("CREATEROLE", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(
            "ConnectionStrings:Conversations, ConnectionStrings:FollowUps, ConnectionStrings:Host",
            refusal.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Accounts_of_the_operators_own_are_granted_and_then_need_no_owner()
    {
        var owner = await NewOwnerAsync("NOCREATEROLE");
        (string, string)[] parts =
        [
            ("Conversations", await NewAccountAsync(owner)),
            ("FollowUps", await NewAccountAsync(owner)),
            ("Host", await NewAccountAsync(owner)),
        ];
        var early = await Assert.ThrowsAsync<StartException>(() => StartAsync(parts));
        Assert.Contains("Run `build/run migrate` first", early.Message, StringComparison.Ordinal);

        await (await StartAsync([("Postgres", owner), .. parts])).DisposeAsync();
        await using var service = await StartAsync(parts);

        Assert.Equal(new NpgsqlConnectionStringBuilder(parts[0].Item2).Username, Username(service, "Conversations"));
    }

    [Fact]
    public async Task Account_that_is_not_the_hosts_is_left_alone()
    {
        var owner = new NpgsqlConnectionStringBuilder(await NewOwnerAsync("CREATEROLE"));
        await host.ExecuteAsync($"CREATE ROLE \"{owner.Database}_followups\" PASSWORD 'theirs'");

        var refusal = await Assert.ThrowsAsync<StartException>(() => StartAsync(("Postgres", owner.ConnectionString)));

        Assert.Contains($"{owner.Database}_followups", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_password_of_the_owner_is_followed_by_the_next_migration()
    {
        var owner = new NpgsqlConnectionStringBuilder(await NewOwnerAsync("CREATEROLE"));
        await (await StartAsync(("Postgres", owner.ConnectionString))).DisposeAsync();
        owner.Password = "changed";
        await host.ExecuteAsync($"ALTER ROLE \"{owner.Username}\" PASSWORD 'changed'");
        var settings = ("ConnectionStrings__Postgres", owner.ConnectionString);

        using (var early = HostProcess.Start(settings))
        {
            Assert.Equal(1, await early.ExitAsync(Token));
            Assert.Contains("`build/run migrate`", early.Said, StringComparison.Ordinal);
        }

        using (var migration = HostProcess.Start(["migrate"], settings))
        {
            Assert.True(await migration.ExitAsync(Token) == 0, migration.Said);
        }

        using var later = HostProcess.Start(["keys", "list"], settings);
        Assert.True(await later.ExitAsync(Token) == 0, later.Said);
    }

    [Theory]
    [InlineData("ConnectionStrings:Postgres", "Host=h;Username=u", "no password")]
    [InlineData("ConnectionStrings:Postgres", "Host=h;Password=p", "no user name")]
    [InlineData("ConnectionStrings:Postgres", "nonsense", "ConnectionStrings:Postgres is no connection string")]
    [InlineData(
        "ConnectionStrings:Conversations",
        "nonsense",
        "ConnectionStrings:Conversations is no connection string"
    )]
    [InlineData(
        "ConnectionStrings:FollowUps",
        "Host=h;Username=u;Password=p",
        "ConnectionStrings:Conversations is missing"
    )]
    [InlineData(
        "ConnectionStrings:Postgres",
        "Host=h;Username=u;Password=p;Database=a_database_whose_name_is_long_enough_for_nearly_all",
        "63 bytes are the most"
    )]
    public void Connection_that_tells_too_little_says_what_is_missing(string key, string value, string words)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();

        var refusal = Assert.Throws<StartException>(() => new Accounts(configuration));

        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    private NpgsqlConnectionStringBuilder Login(string part) =>
        new(host.Services.GetRequiredService<IConfiguration>().GetConnectionString(part));

    private static string? Username(FollowUpsHost service, string part) =>
        new NpgsqlConnectionStringBuilder(service.App.Configuration.GetConnectionString(part)).Username;

    // The code of the refusal; null where it was done.
    private async Task<string?> TryAsync(string part, string sql)
    {
        try
        {
            await ListAsync(Login(part).ConnectionString, sql);
            return null;
        }
        catch (PostgresException refusal)
        {
            return refusal.SqlState;
        }
    }

    private static async Task<List<string>> ListAsync(string connectionString, string sql, params object[] parameters)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        var list = new List<string>();
        await using var row = await command.ExecuteReaderAsync(Token);
        while (await row.ReadAsync(Token) && row.FieldCount > 0)
        {
            list.Add(row.GetString(0));
        }

        return list;
    }

    // Of a database of its own, as a provider of managed ones hands it out.
    private async Task<string> NewOwnerAsync(string right)
    {
        var database = new NpgsqlConnectionStringBuilder(await PostgresServer.NewDatabaseAsync());
        var name = $"owner_{Guid.CreateVersion7():n}";
        await host.ExecuteAsync($"CREATE ROLE {name} LOGIN {right} PASSWORD '{name}'");
        await host.ExecuteAsync($"ALTER DATABASE {database.Database} OWNER TO {name}");
        return new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Username = name,
            Password = name,
        }.ConnectionString;
    }

    private async Task<string> NewAccountAsync(string database)
    {
        var name = $"account_{Guid.CreateVersion7():n}";
        await host.ExecuteAsync($"CREATE ROLE {name} LOGIN PASSWORD '{name}'");
        return new NpgsqlConnectionStringBuilder(database) { Username = name, Password = name }.ConnectionString;
    }

    private static async Task<FollowUpsHost> StartAsync(params (string Name, string Value)[] connections)
    {
        var service = await FollowUpsHost.CreateAsync(
            ["--environment", "Development"],
            builder =>
            {
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Configuration.AddInMemoryCollection(
                    connections.Select(connection => new KeyValuePair<string, string?>(
                        $"ConnectionStrings:{connection.Name}",
                        connection.Value
                    ))
                );
                builder.Logging.ClearProviders();
            },
            Token
        );
        try
        {
            await service.StartAsync(Token);
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }
}

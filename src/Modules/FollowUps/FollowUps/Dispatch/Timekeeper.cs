using System.Globalization;
using FollowUps.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FollowUps.Dispatch;

// Of several Hosts one keeps time: it alone wakes at every due instant, so that N Hosts do not run N claims for each. The others tell it what
// they schedule for before its next sweep, sweep now and then (which is how they help with a backlog) and take over when it is gone: its lock
// dies with its connection. They tell it after their commit, beside it: NOTIFY inside the scheduling statement takes a lock of the whole
// database until the commit is on disk, so that no two of them could commit together. What a crash keeps from being told, a sweep finds.
// Through a pooler (PgBouncer in transaction mode) there is no session that could hold a lock or listen: there each Host keeps time, and what
// one that only answers calls takes on is found by a sweep, or by who listens without a pooler.
internal sealed partial class Timekeeper(
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database,
    DueSignal due,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock,
    ILogger<Timekeeper> logger
) : BackgroundService
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ServeAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException problem)
            {
                LogDisconnected(logger, Faults.Describe(problem));
            }
            finally
            {
                due.KeepsTime = false;
            }

            await Task.Delay(options.Value.DispatchRetryAfter, clock, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(CancellationToken stoppingToken)
    {
        await using var connection = await database.OpenConnectionAsync(stoppingToken);
        if (options.Value.DispatchEnabled && await IsPooledAsync(connection, stoppingToken))
        {
            await connection.CloseAsync();
            LogPooled(logger);
            due.KeepsTime = true;
            due.Hear(clock.GetUtcNow());
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }

        connection.Notification += (_, told) =>
            due.Hear(
                DateTimeOffset.UnixEpoch.AddMicroseconds(double.Parse(told.Payload, CultureInfo.InvariantCulture))
            );
        while (true)
        {
            if (options.Value.DispatchEnabled && await TakeOverAsync(connection, stoppingToken))
            {
                due.KeepsTime = true;
                due.Hear(clock.GetUtcNow());
                while (true)
                {
                    // A connection whose other end is gone without a word hears nothing for ever: so it is asked now and then.
                    if (!await connection.WaitAsync(Quiet, stoppingToken))
                    {
                        await using var asking = new NpgsqlCommand("SELECT 1", connection);
                        await asking.ExecuteNonQueryAsync(stoppingToken);
                    }
                }
            }

            if (await due.UntoldAsync(options.Value.DispatchSweepEvery, stoppingToken) is { } dueAt)
            {
                await TellAsync(connection, dueAt, stoppingToken);
            }
        }
    }

    // A pooler makes up the process that it tells a client of, since it is never the same for long.
    private static async Task<bool> IsPooledAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var asking = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        return await asking.ExecuteScalarAsync(cancellationToken) is not int process || process != connection.ProcessID;
    }

    private static async Task<bool> TakeOverAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var taking = new NpgsqlCommand(TakeOverSql, connection))
        {
            if (await taking.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return false;
            }
        }

        await using var listening = new NpgsqlCommand(ListenSql, connection);
        await listening.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private static async Task TellAsync(
        NpgsqlConnection connection,
        DateTimeOffset dueAt,
        CancellationToken cancellationToken
    )
    {
        await using var telling = new NpgsqlCommand("SELECT pg_notify('followups_due', $1)", connection);
        var microseconds = (dueAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        telling.Parameters.Add(new() { Value = microseconds.ToString(CultureInfo.InvariantCulture) });
        await telling.ExecuteNonQueryAsync(cancellationToken);
    }

    // Of a machine that lost its power the server would keep the session, and with it the lock, for two hours.
    private const string ListenSql = """
        SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
        LISTEN followups_due
        """;

    private const string TakeOverSql = "SELECT pg_try_advisory_lock(hashtextextended('followups.timekeeper', 0))";

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The connection that tells Hosts of each other's follow-ups is lost; it is made anew: {Fault}"
    )]
    private static partial void LogDisconnected(ILogger logger, string fault);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The database is reached through a connection pooler: each Host wakes for every due follow-up"
    )]
    private static partial void LogPooled(ILogger logger);
}

using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Host.Pipeline;

internal static class Faults
{
    // The server is gone, full, starting or refuses us; a statement was cut off; the pool has no connection left.
    public static bool IsUnavailable(Exception exception) =>
        Chain(exception)
            .Any(cause =>
                cause switch
                {
                    PostgresException refused => refused.IsTransient
                        || refused.SqlState
                            is PostgresErrorCodes.InvalidPassword
                                or PostgresErrorCodes.InvalidAuthorizationSpecification
                                or PostgresErrorCodes.InvalidCatalogName
                                or PostgresErrorCodes.QueryCanceled
                                or PostgresErrorCodes.ReadOnlySqlTransaction,
                    NpgsqlException broken => broken.IsTransient,
                    SocketException or TimeoutException => true,
                    _ => false,
                }
            );

    // It took its time, and was ended for that.
    public static bool IsTimeout(Exception exception) =>
        Chain(exception)
            .Any(cause =>
                cause
                    is OperationCanceledException
                        or TimeoutException
                        or PostgresException
                        {
                            SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable
                        }
            );

    // Types, error codes and places. Not the messages: PostgreSQL's quote what the caller sent.
    public static string Describe(Exception exception)
    {
        var description = new StringBuilder();
        foreach (var cause in Chain(exception))
        {
            description.Append(description.Length == 0 ? "" : " <- ").Append(cause.GetType().FullName);
            if (cause is PostgresException refused)
            {
                description.Append(' ').Append(refused.SqlState).Append(' ').Append(refused.ConstraintName);
            }
        }

        return description.AppendLine().Append(exception.StackTrace).ToString();
    }

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}

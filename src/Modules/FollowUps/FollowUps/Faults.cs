using System.Text;
using Npgsql;

namespace FollowUps;

internal static class Faults
{
    // Types, error codes and the place, for logs. Not the messages: those of PostgreSQL and of channels quote content and addresses.
    public static string Describe(Exception exception)
    {
        var description = new StringBuilder();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            description.Append(description.Length == 0 ? "" : " <- ").Append(cause.GetType().FullName);
            if (cause is PostgresException refused)
            {
                description.Append(' ').Append(refused.SqlState).Append(' ').Append(refused.ConstraintName);
            }
        }

        return description.AppendLine().Append(exception.StackTrace).ToString();
    }
}

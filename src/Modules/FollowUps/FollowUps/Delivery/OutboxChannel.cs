using FollowUps.Contracts;
using FollowUps.Data;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace FollowUps.Delivery;

// Keeps the texts for anyone to read: the whole job can be seen without a provider.
internal sealed class OutboxChannel([FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database)
    : IDeliveryChannel
{
    public const string ChannelName = "outbox";

    public string Name => ChannelName;

    public bool RepeatsAreHarmless => true;

    public async Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
        IReadOnlyList<Contracts.Delivery> deliveries,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.FollowUpId), NpgsqlDbType.Uuid));
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.UserId), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.Address), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.Subject), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.Body), NpgsqlDbType.Text));
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.SentAt), NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Columns.Of(deliveries.Select(d => d.Attempt), NpgsqlDbType.Integer));
        await command.ExecuteNonQueryAsync(cancellationToken);

        return [.. deliveries.Select(_ => new DeliveryResult(true))];
    }

    // Locked, so that an erasure either waits and takes these texts too, or leaves no follow-up to find here.
    private const string Sql = """
        INSERT INTO followups.outbox (follow_up_id, user_id, address, subject, body, sent_at, attempt)
        SELECT d.*
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS d(follow_up_id, user_id, address, subject, body, sent_at, attempt)
        JOIN followups.follow_ups f ON f.id = d.follow_up_id
        FOR KEY SHARE OF f
        ON CONFLICT (follow_up_id) DO NOTHING
        """;
}

using FollowUps.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace FollowUps.Data;

// A row for every trigger whose follow-ups wait until an operator resumes them.
internal sealed class PauseRow
{
    public FollowUpTrigger Trigger { get; init; }
    public DateTimeOffset PausedAt { get; init; }
}

internal sealed class PauseTable : IEntityTypeConfiguration<PauseRow>
{
    public const string Paused = "SELECT p.trigger FROM followups.pauses p ORDER BY p.trigger";

    public static async Task<IReadOnlyList<FollowUpTrigger>> ReadAsync(
        NpgsqlBatch batch,
        CancellationToken cancellationToken
    )
    {
        var paused = new List<FollowUpTrigger>();
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            paused.Add((FollowUpTrigger)row.GetInt16(0));
        }

        return paused;
    }

    public void Configure(EntityTypeBuilder<PauseRow> table)
    {
        table.ToTable("pauses");
        table.HasKey(p => p.Trigger).HasName("pk_pauses");
        table.Property(p => p.Trigger).HasConversion<short>().ValueGeneratedNever();
    }
}

using FollowUps.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FollowUps.Data;

// The last thing heard of every booking, kept also for bookings that have no follow-up yet: what arrives late finds it here.
internal sealed class BookingRow
{
    public required string BookingId { get; init; }
    public string? UserId { get; init; }

    // Of a confirmation: whose follow-up was wanted in it.
    public string? ConversationId { get; init; }
    public BookingState State { get; init; }
    public DateTimeOffset? EventAt { get; init; }

    // When what State says took place, and when what EventAt says did: each has the later of its reports.
    public DateTimeOffset OccurredAt { get; init; }
    public DateTimeOffset? MovedAt { get; init; }

    // When we learned of State, by our own clock.
    public DateTimeOffset RecordedAt { get; init; }
}

internal sealed class BookingTable : IEntityTypeConfiguration<BookingRow>
{
    public void Configure(EntityTypeBuilder<BookingRow> table)
    {
        table.ToTable("bookings");
        table.HasKey(b => b.BookingId).HasName("pk_bookings");
        table.Property(b => b.BookingId).UseCollation("C");
        table.Property(b => b.UserId).UseCollation("C");
        table.Property(b => b.ConversationId).UseCollation("C");
        table.Property(b => b.State).HasConversion<short>();

        // ReengageSilentCustomers: whether the customer has an upcoming one. ExportFollowUps, EraseFollowUps: the customer's.
        table.HasIndex(b => new { b.UserId, b.EventAt }, "ix_bookings_user").HasFilter("user_id IS NOT NULL");
    }
}

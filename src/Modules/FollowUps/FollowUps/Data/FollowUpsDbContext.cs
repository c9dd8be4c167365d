using Microsoft.EntityFrameworkCore;

namespace FollowUps.Data;

internal sealed class FollowUpsDbContext(DbContextOptions<FollowUpsDbContext> options) : DbContext(options)
{
    public const string Schema = "followups";

    public DbSet<FollowUpRow> FollowUps => Set<FollowUpRow>();

    public DbSet<BookingRow> Bookings => Set<BookingRow>();

    public DbSet<PauseRow> Pauses => Set<PauseRow>();

    public DbSet<RefusalRow> Refusals => Set<RefusalRow>();

    public DbSet<OutboxRow> Outbox => Set<OutboxRow>();

    public DbSet<TemplateRow> Templates => Set<TemplateRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(FollowUpsDbContext).Assembly);

        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(SnakeCase(property.Name));
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(
            name.Select(
                (c, i) => i > 0 && char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"
            )
        );
}

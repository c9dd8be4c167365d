using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace FollowUps.Data;

// `dotnet ef migrations add` needs a model, not a database.
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<FollowUpsDbContext>
{
    public FollowUpsDbContext CreateDbContext(string[] args) =>
        new(
            new DbContextOptionsBuilder<FollowUpsDbContext>()
                .UseNpgsql(npgsql => npgsql.MigrationsHistoryTable("migrations", FollowUpsDbContext.Schema))
                .Options
        );
}

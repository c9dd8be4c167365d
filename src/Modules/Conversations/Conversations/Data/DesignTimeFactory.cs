using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Conversations.Data;

// `dotnet ef migrations add` needs a model, not a database.
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<ConversationsDbContext>
{
    public ConversationsDbContext CreateDbContext(string[] args) =>
        new(
            new DbContextOptionsBuilder<ConversationsDbContext>()
                .UseNpgsql(npgsql => npgsql.MigrationsHistoryTable("migrations", ConversationsDbContext.Schema))
                .Options
        );
}

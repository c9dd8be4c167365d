using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using LinqToDB.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FollowUps.Data;

// What linq2db's projections read from.
internal sealed class Tables(DataOptions options) : DataConnection(options)
{
    public ITable<FollowUpRow> FollowUps => this.GetTable<FollowUpRow>();

    public ITable<OutboxRow> Outbox => this.GetTable<OutboxRow>();
}

// The options are made once, of what Entity Framework knows: the bridge from a DbContext makes them anew for each read and turns its expression
// into another, which costs more than the read. Nothing is asked of the database for them: it may be away.
internal sealed class TablesFactory(
    IDbContextFactory<FollowUpsDbContext> contexts,
    [FromKeyedServices(FollowUpsDbContext.Schema)] NpgsqlDataSource database
)
{
    private readonly Lazy<DataOptions> options = new(() =>
    {
        using var context = contexts.CreateDbContext();
        return new DataOptions()
            .UseMappingSchema(LinqToDBForEFTools.GetMappingSchema(context.Model, context, null))
            .UseConnectionFactory(
                PostgreSQLTools.GetDataProvider(PostgreSQLVersion.v15),
                _ => database.CreateConnection()
            );
    });

    public Tables Open() => new(options.Value);
}

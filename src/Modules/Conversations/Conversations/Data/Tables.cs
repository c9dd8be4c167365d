using Conversations.Contracts;
using Conversations.Features;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using LinqToDB.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Conversations.Data;

// What linq2db's projections read from.
internal sealed class Tables(DataOptions options) : DataConnection(options)
{
    public ITable<ConversationRow> Conversations => this.GetTable<ConversationRow>();

    public ITable<MessageRow> Messages => this.GetTable<MessageRow>();
}

// The options are made once, of what Entity Framework knows: the bridge from a DbContext makes them anew for each read and turns its expression
// into another, which costs more than the read. Nothing is asked of the database for them: it may be away.
internal sealed class TablesFactory(
    IDbContextFactory<ConversationsDbContext> contexts,
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database
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

// The first translation of all takes most of half a second: no caller waits for it.
internal sealed class FirstTranslation(TablesFactory factory) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Run(
            async () =>
            {
                await using var tables = factory.Open();
                _ = GetEmotionHistoryHandler.Query(tables, new GetEmotionHistory("")).ToSqlQuery();
            },
            stoppingToken
        );
}

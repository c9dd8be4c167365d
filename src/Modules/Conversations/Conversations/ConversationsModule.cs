using Conversations.Data;
using FluentValidation;
using LinqToDB.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Conversations;

/// <summary>The door of the Conversations module.</summary>
public static class ConversationsModule
{
    // Over a slow link the first call after a quiet night would else wait for a new connection, which takes several round trips.
    private const string OneStaysOpen = "Minimum Pool Size=1;";

    /// <summary>Adds the module's data access, validators and options; its handlers are found by MediatR in this assembly.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="configuration">Holds <c>ConnectionStrings:Conversations</c>, the account that the module works as, and the section <c>Conversations</c>.</param>
    public static IServiceCollection AddConversationsModule(
        this IServiceCollection services,
        IConfiguration configuration
    )
    {
        LinqToDBForEFTools.Initialize();

        services
            .AddOptions<ConversationsOptions>()
            .Bind(configuration.GetSection(ConversationsOptions.Section))
            .CheckAtStart(ConversationsOptions.Section);

        services.AddKeyedSingleton(
            ConversationsDbContext.Schema,
            (_, _) =>
                new NpgsqlDataSourceBuilder(
                    new NpgsqlConnectionStringBuilder(OneStaysOpen + configuration.GetConnectionString("Conversations"))
                    {
                        ApplicationName = ConversationsDbContext.Schema,
                        // What the caller sent and the password stay out of exceptions, whatever is configured.
                        IncludeErrorDetail = false,
                        PersistSecurityInfo = false,
                    }.ConnectionString
                )
                {
                    // Names the pool in metrics, which would else show the connection string.
                    Name = ConversationsDbContext.Schema,
                }.Build()
        );
        services.AddPooledDbContextFactory<ConversationsDbContext>(
            (provider, options) =>
                options.UseNpgsql(
                    provider.GetRequiredKeyedService<NpgsqlDataSource>(ConversationsDbContext.Schema),
                    npgsql => npgsql.MigrationsHistoryTable("migrations", ConversationsDbContext.Schema)
                )
        );
        services.AddSingleton<TablesFactory>();
        services.AddHostedService<FirstTranslation>();
        services.AddSingleton<TombstoneKeys>();
        services.AddHostedService<ErasureKeyLoader>();

        services.Scan(scan =>
            scan.FromAssemblies(typeof(ConversationsModule).Assembly)
                .AddClasses(classes => classes.AssignableTo(typeof(IValidator<>)), publicOnly: false)
                .AsImplementedInterfaces()
                .WithSingletonLifetime()
        );

        return services;
    }

    /// <summary>Brings the module's schema up to date. What the module works as may use it once that is granted.</summary>
    /// <param name="owner">Connects as an account that may make and change the schema.</param>
    /// <param name="cancellationToken">Stops between migrations.</param>
    public static async Task MigrateConversationsAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        await using var context = new ConversationsDbContext(
            new DbContextOptionsBuilder<ConversationsDbContext>()
                .UseNpgsql(owner, npgsql => npgsql.MigrationsHistoryTable("migrations", ConversationsDbContext.Schema))
                .Options
        );
        await context.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Names the migrations that the database lacks.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="cancellationToken">Gives up the question.</param>
    public static async Task<IReadOnlyList<string>> PendingConversationsMigrationsAsync(
        this IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        await using var context = await services
            .GetRequiredService<IDbContextFactory<ConversationsDbContext>>()
            .CreateDbContextAsync(cancellationToken);
        return [.. await context.Database.GetPendingMigrationsAsync(cancellationToken)];
    }
}

using System.Diagnostics.Metrics;
using FluentValidation;
using FollowUps.Contracts;
using FollowUps.Data;
using FollowUps.Delivery;
using FollowUps.Dispatch;
using FollowUps.Recipients;
using FollowUps.Scheduling;
using FollowUps.Wording;
using LinqToDB.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FollowUps;

/// <summary>The door of the FollowUps module.</summary>
public static class FollowUpsModule
{
    // Over a slow link the first call after a quiet night would else wait for a new connection, which takes several round trips.
    private const string OneStaysOpen = "Minimum Pool Size=1;";

    /// <summary>Adds the module's data access, validators and options; its handlers are found by MediatR in this assembly.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="configuration">Holds <c>ConnectionStrings:FollowUps</c>, the account that the module works as, and the section <c>FollowUps</c>.</param>
    public static IServiceCollection AddFollowUpsModule(this IServiceCollection services, IConfiguration configuration)
    {
        LinqToDBForEFTools.Initialize();

        var settings = services
            .AddOptions<FollowUpsOptions>()
            .Bind(configuration.GetSection(FollowUpsOptions.Section))
            .CheckAtStart(FollowUpsOptions.Section)
            .Validate(
                options => options.PublicUrl is null or { IsAbsoluteUri: true, Scheme: "http" or "https" },
                "FollowUps:PublicUrl must be an absolute http or https URL."
            );
        foreach (var trigger in Enum.GetValues<FollowUpTrigger>())
        {
            settings.Validate(
                options =>
                    !options.StaleAfterOf.TryGetValue(trigger, out var after)
                    || (after >= TimeSpan.FromSeconds(1) && after <= TimeSpan.FromDays(36_500)),
                $"{FollowUpsOptions.Section}:StaleAfterOf:{trigger} must be between 00:00:01 and 36500.00:00:00."
            );
        }

        services.AddKeyedSingleton(
            FollowUpsDbContext.Schema,
            // UTC: a day added in SQL is 24 hours, whatever zone the server is set to.
            (_, _) =>
                new NpgsqlDataSourceBuilder(
                    new NpgsqlConnectionStringBuilder(OneStaysOpen + configuration.GetConnectionString("FollowUps"))
                    {
                        ApplicationName = FollowUpsDbContext.Schema,
                        Timezone = "UTC",
                        // What the caller sent and the password stay out of exceptions, whatever is configured.
                        IncludeErrorDetail = false,
                        PersistSecurityInfo = false,
                    }.ConnectionString
                )
                {
                    // Names the pool in metrics, which would else show the connection string.
                    Name = FollowUpsDbContext.Schema,
                }.Build()
        );
        services.AddPooledDbContextFactory<FollowUpsDbContext>(
            (provider, options) =>
                options.UseNpgsql(
                    provider.GetRequiredKeyedService<NpgsqlDataSource>(FollowUpsDbContext.Schema),
                    npgsql => npgsql.MigrationsHistoryTable("migrations", FollowUpsDbContext.Schema)
                )
        );

        services.AddSingleton<TablesFactory>();
        services.AddSingleton<Tombstones>();
        services.AddHostedService(provider => provider.GetRequiredService<Tombstones>());
        services.AddSingleton<UnsubscribeLinks>();
        services.AddHostedService<UnsubscribeKeyLoader>();
        services.AddSingleton(provider => new FollowUpsMeter(provider.GetService<IMeterFactory>()));
        services.AddSingleton<DueSignal>();
        services.AddSingleton<Lead>();
        services.AddSingleton<NewestTemplates>();
        services.AddSingleton<ChosenTemplates>();
        services.AddHostedService(provider => provider.GetRequiredService<ChosenTemplates>());
        services.AddSingleton<ScheduleWrite>();
        services.AddSingleton<CheckIns>();
        services.AddHostedService(provider => provider.GetRequiredService<CheckIns>());
        services.AddSingleton<Claims>();
        services.AddSingleton<Deciding>();
        services.AddSingleton<WritingDown>();
        services.AddSingleton<Recording>();
        services.AddSingleton<Sending>();
        services
            .AddOptions<ChannelOptions>()
            .Bind(configuration.GetSection(FollowUpsOptions.Section))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<ChannelOptions>, ChannelOptionsCheck>();
        services.AddSingleton<OutboxChannel>();
        services.AddSingleton<Channels>();
        services.AddSingleton<Addresses>();
        services.AddHostedService<Timekeeper>();
        services.AddHostedService<Dispatcher>();

        services.Scan(scan =>
            scan.FromAssemblies(typeof(FollowUpsModule).Assembly)
                .AddClasses(classes => classes.AssignableTo(typeof(IValidator<>)), publicOnly: false)
                .AsImplementedInterfaces()
                .WithSingletonLifetime()
        );

        return services;
    }

    /// <summary>Makes the channels in the operator's order, so that a name which is none of theirs is told before anything starts.</summary>
    /// <param name="services">The application's services.</param>
    /// <exception cref="OptionsValidationException">A name in <c>FollowUps:Channels</c> is not set up.</exception>
    public static void CheckFollowUpsChannels(this IServiceProvider services) =>
        services.GetRequiredService<Channels>();

    /// <summary>Brings the module's schema up to date. What the module works as may use it once that is granted.</summary>
    /// <param name="owner">Connects as an account that may make and change the schema.</param>
    /// <param name="cancellationToken">Stops between migrations.</param>
    public static async Task MigrateFollowUpsAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        await using var context = new FollowUpsDbContext(
            new DbContextOptionsBuilder<FollowUpsDbContext>()
                .UseNpgsql(owner, npgsql => npgsql.MigrationsHistoryTable("migrations", FollowUpsDbContext.Schema))
                .Options
        );
        await context.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Names the migrations that the database lacks.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="cancellationToken">Gives up the question.</param>
    public static async Task<IReadOnlyList<string>> PendingFollowUpsMigrationsAsync(
        this IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        await using var context = await services
            .GetRequiredService<IDbContextFactory<FollowUpsDbContext>>()
            .CreateDbContextAsync(cancellationToken);
        return [.. await context.Database.GetPendingMigrationsAsync(cancellationToken)];
    }
}

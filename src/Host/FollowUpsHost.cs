using System.Net.Sockets;
using System.Text.Json.Serialization;
using Conversations;
using FollowUps;
using Host.Access;
using Host.Api;
using Host.Idempotency;
using Host.Limits;
using Host.OpenApi;
using Host.Pipeline;
using Host.Postgres;
using Host.Scheduling;
using Host.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;
using Scalar.AspNetCore;

namespace Host;

// The composition root: database, modules, pipeline, routes.
internal sealed class FollowUpsHost(WebApplication app, Accounts accounts, EmbeddedPostgres? embedded)
    : IAsyncDisposable
{
    private const int OldestPostgres = 150_000;
    private const int BeyondNewestPostgres = 190_000;

    private const string NotBound = "Failed to bind to address ";
    private const string HowToListen = "choose another address: build/run --urls http://localhost:PORT";

    private bool started;

    public WebApplication App => app;

    // For the build, which asks the program for the API's document: that needs the routes, no database, and no settings of this machine.
    public static WebApplication Describe(string[] args)
    {
        var builder = NewBuilder(args, null);
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([
            new("ConnectionStrings:Postgres", "Host=localhost;Username=nobody;Password=none"),
        ]);
        _ = new Accounts(builder.Configuration);
        Add(builder);
        builder.Services.RemoveAll<IHostedService>();
        return Build(builder);
    }

    public static async Task<FollowUpsHost> CreateAsync(
        string[] args,
        Action<WebApplicationBuilder>? customise = null,
        CancellationToken cancellationToken = default
    )
    {
        var builder = NewBuilder(args, customise);
        var embedded = await StartEmbeddedAsync(builder, attach: args is ["keys", ..], cancellationToken);
        try
        {
            var accounts = new Accounts(builder.Configuration);
            await CheckVersionAsync(accounts, cancellationToken);
            Add(builder);
            return new FollowUpsHost(Build(builder), accounts, embedded);
        }
        catch
        {
            if (embedded is not null)
            {
                await embedded.DisposeAsync();
            }

            throw;
        }
    }

    public async Task MigrateAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await using var owner = accounts.OpenOwner();
            await ConversationsModule.MigrateConversationsAsync(owner, cancellationToken);
            await FollowUpsModule.MigrateFollowUpsAsync(owner, cancellationToken);
            await Firings.MigrateAsync(owner, cancellationToken);
            await ApiKeys.MigrateAsync(owner, cancellationToken);
            await accounts.GrantAsync(owner, cancellationToken);
        }
        catch (PostgresException problem) when (problem.SqlState == PostgresErrorCodes.DiskFull)
        {
            throw new StartException("The disk of the database is full. Make room there, then start again.");
        }
        catch (PostgresException problem) when (problem.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StartException(
                $"The account of ConnectionStrings:Postgres may not bring the schema up to date ({problem.MessageText}). "
                    + "Run `build/run migrate` as the owner of the database."
            );
        }
    }

    // A server of the Host's own, or a developer's, is made ready; an operator's is only looked at.
    public async Task PrepareAsync(CancellationToken cancellationToken = default)
    {
        if (accounts.MayMigrate && (embedded is not null || app.Environment.IsDevelopment()))
        {
            await MigrateAsync(cancellationToken);
            return;
        }

        await accounts.CheckAsync(cancellationToken);
        try
        {
            var count =
                (await app.Services.PendingConversationsMigrationsAsync(cancellationToken)).Count
                + (await app.Services.PendingFollowUpsMigrationsAsync(cancellationToken)).Count
                + (await app.Services.GetRequiredService<Firings>().IsMigratedAsync(cancellationToken) ? 0 : 1)
                + (await app.Services.GetRequiredService<ApiKeys>().IsMigratedAsync(cancellationToken) ? 0 : 1);
            if (count > 0)
            {
                throw new StartException($"The database lacks {count} migrations. Run `build/run migrate` first.");
            }
        }
        catch (PostgresException problem) when (problem.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StartException(
                $"The accounts of the Host lack a right ({problem.MessageText}). Run `build/run migrate` first: it grants them what they need."
            );
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        CheckOptions();
        await PrepareAsync(cancellationToken);
        await app.DecideWhoMayCallAsync(embedded is not null, cancellationToken);
        // Of what does not start as a whole, a part has: that is stopped too. What cannot even be made has not.
        _ = app.Services.GetServices<IHostedService>();
        started = true;
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException problem) when (problem.Message.StartsWith(NotBound, StringComparison.Ordinal))
        {
            var address = problem.Message[NotBound.Length..].Split(": ")[0].TrimEnd('.');
            throw new StartException(
                problem.InnerException is AddressInUseException
                    ? $"Another program listens on {address} already. Stop it, or {HowToListen}"
                    : $"{address} cannot be listened on: {HowToListen}"
            );
        }
        catch (SocketException problem)
        {
            throw new StartException(
                $"{app.Configuration["urls"]} cannot be listened on ({problem.Message}): {HowToListen}"
            );
        }
    }

    public async Task RunAsync()
    {
        try
        {
            await StartAsync();
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop before it had started: what has is stopped when this is disposed of.
            return;
        }

        await app.WaitForShutdownAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (started)
        {
            await app.StopAsync();
        }

        await app.DisposeAsync();
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }

    // Before the database is touched, and all that is wrong at once.
    private void CheckOptions()
    {
        try
        {
            app.Services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (AggregateException several)
        {
            throw new StartException(
                string.Join(Environment.NewLine, several.InnerExceptions.Select(problem => problem.Message))
            );
        }

        app.Services.CheckFollowUpsChannels();
    }

    private static WebApplicationBuilder NewBuilder(string[] args, Action<WebApplicationBuilder>? customise)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }
        );
        // It logs, with their stacks, what is told in a line after it, or goes on to be logged as critical.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        customise?.Invoke(builder);
        if (builder.Configuration["urls"] is null && builder.Configuration["http_ports"] is null)
        {
            builder.WebHost.UseUrls("http://localhost:5080");
        }

        return builder;
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        Use(app);
        return app;
    }

    private static async Task<EmbeddedPostgres?> StartEmbeddedAsync(
        WebApplicationBuilder builder,
        bool attach,
        CancellationToken cancellationToken
    )
    {
        if (Accounts.AreNamed(builder.Configuration))
        {
            return null;
        }

        var options =
            builder.Configuration.GetSection(EmbeddedPostgresOptions.Section).Get<EmbeddedPostgresOptions>() ?? new();
        if (OptionRules.Problems(EmbeddedPostgresOptions.Section, options).FirstOrDefault() is { } problem)
        {
            throw new StartException(problem);
        }

        if (attach && await EmbeddedPostgres.FindRunningAsync(options, cancellationToken) is { } running)
        {
            builder.Configuration["ConnectionStrings:Postgres"] = running;
            return null;
        }

        using var logs = LoggerFactory.Create(logging =>
            logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole()
        );
        var server = await EmbeddedPostgres.StartAsync(
            options,
            logs.CreateLogger<EmbeddedPostgres>(),
            cancellationToken
        );
        builder.Configuration["ConnectionStrings:Postgres"] = server.ConnectionString;
        return server;
    }

    private static async Task CheckVersionAsync(Accounts accounts, CancellationToken cancellationToken)
    {
        try
        {
            await using var database = accounts.OpenAny();
            await using var command = database.CreateCommand("SELECT current_setting('server_version_num')::int");
            var version = (int)(await command.ExecuteScalarAsync(cancellationToken))!;
            if (version is < OldestPostgres or >= BeyondNewestPostgres)
            {
                throw new StartException(
                    $"PostgreSQL 15 to 18 is supported; the server is version {version / 10_000}."
                );
            }
        }
        catch (NpgsqlException problem)
        {
            throw new StartException($"The database cannot be used: {problem.Message}");
        }
    }

    private static void Add(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddConversationsModule(builder.Configuration);
        services.AddFollowUpsModule(builder.Configuration);
        services.AddScheduling(builder.Configuration);
        services.AddTelemetry(builder.Configuration);
        services.AddAccess(builder.Configuration);
        services
            .AddOptions<CoalescingOptions>()
            .Bind(builder.Configuration.GetSection(CoalescingOptions.Section))
            .CheckAtStart(CoalescingOptions.Section);
        services.AddMediatR(configuration =>
        {
            configuration.RegisterServicesFromAssemblies(
                typeof(ConversationsModule).Assembly,
                typeof(FollowUpsModule).Assembly
            );
            configuration.Lifetime = ServiceLifetime.Singleton;
            configuration.NotificationPublisherType = typeof(Telling);
            configuration.AddOpenBehavior(typeof(TelemetryBehavior<,>), ServiceLifetime.Singleton);
            configuration.AddOpenBehavior(typeof(ValidationBehavior<,>), ServiceLifetime.Singleton);
            configuration.AddBehavior<JoinSingleStores>(ServiceLifetime.Singleton);
            configuration.AddBehavior<JoinSingleSchedules>(ServiceLifetime.Singleton);
        });

        services.ConfigureHttpJsonOptions(json =>
        {
            var options = json.SerializerOptions;
            options.AllowDuplicateProperties = false;
            options.NumberHandling = JsonNumberHandling.Strict;
            options.Converters.Add(new EnumWordConverter());
            options.Converters.Add(new OffsetDateTimeConverter());
            options.Converters.Add(new DurationConverter());
        });
        services.Configure<RouteOptions>(options => options.SetParameterPolicy<UuidConstraint>(UuidConstraint.Name));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddLimits(builder.Configuration);
        services.AddWeb(builder.Configuration);
        services.AddSingleton<StoredAnswers>();
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<ProblemDetailsHandler>();
        services.AddApiDocument();
    }

    private static void Use(WebApplication app)
    {
        app.UseWeb();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseTelemetry();
        app.UseAccess();
        app.Use(MalformedPaths.Refuse);
        app.Use(QueryParameters.Check);
        app.UseRequestTimeouts();
        app.UseMiddleware<IdempotencyKeys>();
        app.Use(EncodedSlashes.Decode);
        var api = app.MapGroup("");
        ((IEndpointConventionBuilder)api).Add(Call.Describe);
        ((IEndpointConventionBuilder)api).Finally(QueryParameters.Collect);
        api.MapConversations();
        api.MapUsers();
        api.MapFollowUps();
        api.MapBookings();
        api.MapScheduler();
        api.MapDispatch();
        api.MapRecipients();
        api.MapTemplates();
        api.MapUnsubscribe();
        api.MapPerformance();
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
        // Nothing of the page comes from elsewhere or goes there.
        app.MapScalarApiReference(page => page.DisableDefaultFonts().DisableTelemetry().DisableAgent())
            .AllowAnonymous();
        app.MapGet("/", () => TypedResults.Redirect("/scalar")).AllowAnonymous().ExcludeFromDescription();
        app.MapReadiness();
    }
}

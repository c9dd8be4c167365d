using Host.Postgres;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Npgsql;

namespace Host.Access;

internal static partial class AccessSetup
{
    public const string Schema = "access";

    private const string BearerSection = "Authentication:Schemes:Bearer";
    private const string Chooser = "Caller";

    private static readonly string[] PortSettings = ["http_ports", "https_ports"];

    public static void AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddKeyedSingleton(
            Schema,
            (_, _) =>
                new NpgsqlDataSourceBuilder(
                    new NpgsqlConnectionStringBuilder(configuration.GetConnectionString(Accounts.Host))
                    {
                        ApplicationName = Schema,
                        // What the caller sent and the password stay out of exceptions, whatever is configured.
                        IncludeErrorDetail = false,
                        PersistSecurityInfo = false,
                    }.ConnectionString
                )
                {
                    // Names the pool in metrics, which would else show the connection string.
                    Name = Schema,
                }.Build()
        );
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<KnownKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<KnownKeys>());
        services.AddSingleton<Door>();
        services
            .AddAuthentication(Chooser)
            .AddPolicyScheme(Chooser, null, options => options.ForwardDefaultSelector = Choose)
            .AddJwtBearer()
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.Name, null)
            .AddScheme<AuthenticationSchemeOptions, OpenDoorAuthentication>(OpenDoorAuthentication.Name, null);
        services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, Harden);
        services.AddAuthorization(Scopes.AddPolicies);
    }

    public static void UseAccess(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
    }

    // Before the first request. Whoever may reach this Host from elsewhere, or works on a database of their own, must have said who may call.
    public static async Task DecideWhoMayCallAsync(
        this WebApplication app,
        bool embedded,
        CancellationToken cancellationToken
    )
    {
        var tokens = TokensAreTaken(app.Configuration);
        var keys = app.Services.GetRequiredService<KnownKeys>();
        await keys.ReadAsync(cancellationToken);
        if (tokens || keys.AreUsable)
        {
            return;
        }

        if (!embedded && !app.Environment.IsDevelopment())
        {
            throw new StartException($"Nobody could be told from a stranger here. {HowToClose}");
        }

        if (Addresses(app.Configuration).FirstOrDefault(address => !IsLoopback(address)) is { } reachable)
        {
            throw new StartException(
                $"{reachable} can be reached from other machines, and nobody needs a key. {HowToClose}"
            );
        }

        if (keys.WereMade)
        {
            LogShutToAll(app.Logger);
            return;
        }

        app.Services.GetRequiredService<Door>().IsOpen = true;
        LogOpen(app.Logger);
    }

    private const string HowToClose =
        $"Make a key (`build/run keys create --name NAME --scopes {Scopes.Conversations}{Scopes.Write},{Scopes.FollowUps}{Scopes.Write}`), "
        + "or name who issues tokens (Authentication:Schemes:Bearer: Authority, ValidAudiences).";

    private static string Choose(HttpContext context) =>
        context.Request.Headers.ContainsKey(ApiKeyAuthentication.Header) ? ApiKeyAuthentication.Name
        : context.Request.Headers.ContainsKey("Authorization") ? JwtBearerDefaults.AuthenticationScheme
        : OpenDoorAuthentication.Name;

    // The defaults check an issuer or an audience only where one is configured.
    private static void Harden(JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.TokenValidationParameters.NameClaimType = Caller.Subject;
        options.TokenValidationParameters.ValidateIssuer = true;
        options.TokenValidationParameters.ValidateAudience = true;
        options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
    }

    private static bool TokensAreTaken(IConfiguration configuration)
    {
        var bearer = configuration.GetSection(BearerSection);
        if (!bearer.Exists())
        {
            return false;
        }

        bool Given(params string[] names) => names.Any(name => bearer.GetSection(name).Exists());
        return
            Given("ValidAudience", "ValidAudiences")
            && (Given("Authority", "MetadataAddress") || (Given("ValidIssuer", "ValidIssuers") && Given("SigningKeys")))
            ? true
            : throw new StartException(
                $"{BearerSection} needs ValidAudiences, and Authority or else ValidIssuer with SigningKeys: no token could be checked."
            );
    }

    private static IEnumerable<string> Addresses(IConfiguration configuration) =>
        [
            .. (configuration["urls"] ?? "").Split(
                ';',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
            ),
            .. PortSettings
                .SelectMany(name => (configuration[name] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
                .Select(port => $"http://*:{port}"),
            .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "*"),
        ];

    private static bool IsLoopback(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            return !parsed.IsUnixPipe && !parsed.IsNamedPipe && Door.IsLoopback(parsed.Host);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = """
            OPEN TO THIS MACHINE: no key and no token is needed, since none is configured and only this machine can call.
            The first key (`build/run keys create`) closes the door within seconds, an issuer (Authentication:Schemes:Bearer) at the next start.
            """
    )]
    private static partial void LogOpen(ILogger logger);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "NOBODY CAN CALL: every key that was made is revoked or has expired. `build/run keys create` makes one."
    )]
    private static partial void LogShutToAll(ILogger logger);
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using FollowUps.Contracts;
using Host.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Testing;

namespace Host.Tests.Telemetry;

// The main job and its failures at the level where logs tell most, with a mark in all that is nobody's business.
public sealed class LogsTests : IAsyncLifetime
{
    private const string Mark = "m4rked";

    private static readonly string[] Ours = ["Conversations", "FollowUps", "Host"];

    private TellingHost host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = new TellingHost(await WebhookReceiver.StartAsync());
        await host.InitializeAsync();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task No_content_address_key_or_token_is_logged_or_a_label()
    {
        var (key, apiKey) = ApiKey.New("till", ["admin"], DateTimeOffset.UtcNow);
        await host.Services.GetRequiredService<ApiKeys>().AddAsync(key, TestContext.Current.CancellationToken);
        await host.Services.GetRequiredService<KnownKeys>().ReadAsync(TestContext.Current.CancellationToken);
        await SendAsync(HttpMethod.Get, "/api/v1/conversations", null, ("X-Api-Key", $"{apiKey[..^6]}{Mark}"));
        await SendAsync(HttpMethod.Get, "/api/v1/conversations", null, ("Authorization", $"Bearer {Mark}.{Mark}.a"));
        host.Http.DefaultRequestHeaders.Add("X-Api-Key", apiKey);

        Assert.Equal(HttpStatusCode.OK, await PutTemplateAsync($"{Mark} {{{{ custom_message }}}}"));
        Assert.Equal(HttpStatusCode.BadRequest, await PutTemplateAsync($"{Mark} {{{{ {Mark}"));
        Assert.Equal(
            HttpStatusCode.OK,
            await SendAsync(
                HttpMethod.Post,
                "/api/v1/templates/custom/preview",
                new { variables = new { custom_message = Mark } }
            )
        );
        var conversation = Some.Id();
        Assert.Equal(HttpStatusCode.Created, await StoreAsync(Mark, conversation));
        Assert.Equal(HttpStatusCode.BadRequest, await StoreAsync($"{Mark}\0"));
        Assert.Equal(HttpStatusCode.BadRequest, await StoreAsync(new { wrong = Mark }));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(HttpMethod.Get, $"/api/v1/messages/search?q={Mark}"));
        Assert.Equal(
            HttpStatusCode.Created,
            await SendAsync(
                HttpMethod.Post,
                $"/api/v1/bookings/{Some.Id()}/confirmed",
                new
                {
                    userId = Some.Id(),
                    conversationId = Some.Id(),
                    eventAt = DateTimeOffset.UtcNow.AddDays(2),
                    message = Mark,
                }
            )
        );

        await EndsAsync(FollowUpStatus.Executed, await FollowUpAsync("outbox", Mark));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(HttpMethod.Get, "/api/v1/outbox"));
        Assert.Equal(
            HttpStatusCode.OK,
            await SendAsync(HttpMethod.Get, $"/api/v1/conversations/{conversation}/messages")
        );
        await EndsAsync(FollowUpStatus.Failed, await FollowUpAsync("email", $"{Mark}@example.org"));
        await EndsAsync(FollowUpStatus.Failed, await FollowUpAsync("sms", $"+49{Mark}"));
        await FollowUpAsync("broken", Mark);
        await host.SaidAsync("Channel broken failed");

        Assert.True(host.Sms.Received.TryPeek(out var sent));
        var link = new Uri(sent.Data.GetProperty("unsubscribeUrl").GetString()!).AbsolutePath;
        Assert.Equal(HttpStatusCode.OK, await SendAsync(HttpMethod.Get, link));
        Assert.Equal(HttpStatusCode.NotFound, await SendAsync(HttpMethod.Get, $"/unsubscribe/{Mark}"));

        // PostgreSQL quotes in its messages what it chokes on.
        await host.ExecuteAsync(
            """
            CREATE FUNCTION choke() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', to_jsonb(NEW); END $$;
            CREATE TRIGGER choke BEFORE INSERT ON conversations.messages FOR EACH ROW EXECUTE FUNCTION choke();
            CREATE TRIGGER choke BEFORE UPDATE ON followups.follow_ups FOR EACH ROW EXECUTE FUNCTION choke()
            """
        );
        Assert.Equal(HttpStatusCode.InternalServerError, await StoreAsync(Mark));
        await FollowUpAsync("outbox", Mark);
        await host.SaidAsync("could not be claimed");

        string[] secrets =
        [
            Mark,
            apiKey.Split('_')[2],
            link.Split('/')[^1],
            TellingHost.WebhookSecret,
            TellingHost.MailPassword,
            .. host.DatabasePasswords,
        ];
        var metrics = await host.Http.GetStringAsync("/metrics", Token);
        Assert.Contains("db_client_connection_pool_name", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(
            host.Said.Concat(metrics.Split('\n')),
            line => secrets.Any(secret => line.Contains(secret, StringComparison.OrdinalIgnoreCase))
        );
    }

    // What an exception says is not ours to know, and a log shows all of it.
    [Fact]
    public void No_logger_of_ours_takes_an_exception()
    {
        var loggers = Ours.SelectMany(name => Assembly.Load(name).GetTypes())
            .SelectMany(type =>
                type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            )
            .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)
            .ToList();

        Assert.NotEmpty(loggers);
        Assert.DoesNotContain(
            loggers,
            logger => logger.GetParameters().Any(p => p.ParameterType.IsAssignableTo(typeof(Exception)))
        );
    }

    private Task<HttpStatusCode> PutTemplateAsync(string body) =>
        SendAsync(HttpMethod.Put, "/api/v1/templates/custom", new { subject = Mark, body });

    private Task<HttpStatusCode> StoreAsync(object content, string? conversation = null) =>
        SendAsync(
            HttpMethod.Post,
            $"/api/v1/conversations/{conversation ?? Some.Id()}/messages",
            new
            {
                userId = Some.Id(),
                role = "user",
                content,
                metadata = new { note = Mark },
            }
        );

    private async Task<Guid> FollowUpAsync(string channel, string address)
    {
        var user = Some.Id();
        var addresses = new Dictionary<string, string> { [channel] = address };
        Assert.Equal(
            HttpStatusCode.OK,
            await SendAsync(HttpMethod.Put, $"/api/v1/recipients/{user}", new { addresses })
        );
        using var answer = await host.Http.PostAsJsonAsync(
            "/api/v1/follow-ups",
            new
            {
                trigger = "custom",
                userId = user,
                scheduledAt = DateTimeOffset.UtcNow,
                message = Mark,
            },
            Token
        );
        answer.EnsureSuccessStatusCode();
        var scheduled = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        return scheduled.GetProperty("followUp").GetProperty("id").GetGuid();
    }

    private async Task EndsAsync(FollowUpStatus status, Guid id) =>
        await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { } followUp && followUp.Status == status
                ? followUp
                : null
        );

    private async Task<HttpStatusCode> SendAsync(
        HttpMethod method,
        string url,
        object? body = null,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, url)
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await host.Http.SendAsync(request, Token);
        return answer.StatusCode;
    }

    // Told to log all it can, with connection strings that would have PostgreSQL's errors quote rows.
    private sealed class TellingHost(WebhookReceiver sms) : HostFixture, ILoggerProvider, ILogger
    {
        public const string WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        public const string MailPassword = "s3cret-of-mail";

        private readonly ConcurrentQueue<string> said = new();
        private readonly MailReceiver mail = new() { Password = MailPassword, Knows = _ => false };

        public WebhookReceiver Sms => sms;

        public IReadOnlyCollection<string> Said => said;

        public IEnumerable<string> DatabasePasswords =>
            Ours.Append("Postgres")
                .Select(part => Services.GetRequiredService<IConfiguration>().GetConnectionString(part))
                .Select(text => new NpgsqlConnectionStringBuilder(text).Password!)
                .Where(password => password.Length > 0);

        public async Task SaidAsync(string words) =>
            await Until.NotNull(() =>
                Task.FromResult(said.FirstOrDefault(line => line.Contains(words, StringComparison.Ordinal)))
            );

        protected override void Customise(WebApplicationBuilder builder)
        {
            sms.Answer = (_, answer) =>
            {
                answer.StatusCode = StatusCodes.Status400BadRequest;
                return answer.WriteAsync(Mark);
            };
            builder.Logging.AddProvider(this);
            builder.Services.AddSingleton<IDeliveryChannel>(new BrokenChannel());
            builder.Configuration.AddInMemoryCollection([
                new(
                    "ConnectionStrings:Postgres",
                    new NpgsqlConnectionStringBuilder(ConnectionString)
                    {
                        IncludeErrorDetail = true,
                        PersistSecurityInfo = true,
                    }.ConnectionString
                ),
                new("Logging:LogLevel:Default", "Debug"),
                new("Logging:LogLevel:Microsoft.AspNetCore", "Debug"),
                new("Logging:LogLevel:Microsoft.EntityFrameworkCore", "Debug"),
                new("Logging:LogLevel:Microsoft.EntityFrameworkCore.Database.Command", "Debug"),
                new("Logging:LogLevel:Quartz", "Debug"),
                new("FollowUps:DispatchRetryAfter", "00:00:00.1"),
                new("FollowUps:PublicUrl", "https://book.example.org"),
                new("FollowUps:Channels:0", "email"),
                new("FollowUps:Channels:1", "sms"),
                new("FollowUps:Channels:2", "broken"),
                new("FollowUps:Channels:3", "outbox"),
                new("FollowUps:Email:Host", "localhost"),
                new("FollowUps:Email:Port", $"{mail.Port}"),
                new("FollowUps:Email:Security", "None"),
                new("FollowUps:Email:UserName", "till"),
                new("FollowUps:Email:Password", MailPassword),
                new("FollowUps:Email:From", "hello@bluekitchen.example"),
                new("FollowUps:Webhooks:sms:Url", $"{sms.Url}"),
                new("FollowUps:Webhooks:sms:Secret", WebhookSecret),
            ]);
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await mail.DisposeAsync();
            await sms.DisposeAsync();
        }

        void ILogger.Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => said.Enqueue($"{formatter(state, exception)} {exception}");

        bool ILogger.IsEnabled(LogLevel logLevel) => true;

        IDisposable? ILogger.BeginScope<TState>(TState state) => null;

        ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

        void IDisposable.Dispose() { }
    }

    private sealed class BrokenChannel : IDeliveryChannel
    {
        public string Name => "broken";

        public bool NeedsAddress => true;

        public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
            IReadOnlyList<Delivery> deliveries,
            CancellationToken cancellationToken
        ) => throw new InvalidOperationException($"Cannot send {deliveries[0].Body} to {deliveries[0].Address}.");
    }
}

using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Testing;

namespace Host.Tests;

// What an operator may set, and what a Host refuses to start on.
public sealed class OptionsTests
{
    private static readonly string[] Assemblies = ["Conversations", "FollowUps", "Host"];

    private const string Day = "1.00:00:00";
    private const string Year = "366.00:00:00";

    // Of each the least and the most that is taken, and what lies beside them.
    private static readonly (string Key, string Below, string Least, string Most, string Above)[] Bounds =
    [
        ("FollowUps:MaxBatchSize", "0", "1", "100000", "100001"),
        ("FollowUps:PostEventDelay", "-00:00:00.0000001", "00:00:00", Year, "366.00:00:00.0000001"),
        ("FollowUps:PostEventDaysAfter", "-1", "0", "366", "367"),
        ("FollowUps:PostEventWindow", "-00:00:01", "00:00:00", Year, "366.00:00:01"),
        ("FollowUps:ReengagementAfter", "00:59:59", "01:00:00", Year, "366.00:00:01"),
        ("FollowUps:ReengagementLookBack", "00:59:59", "01:00:00", Year, "366.00:00:01"),
        ("FollowUps:MoodDropLookBack", "00:04:59", "00:05:00", Year, "366.00:00:01"),
        ("FollowUps:EmotionCheckInDelay", "-00:00:01", "00:00:00", Year, "366.00:00:01"),
        ("FollowUps:EmotionCheckInPause", "-00:00:01", "00:00:00", Year, "366.00:00:01"),
        ("FollowUps:MaxPendingPerUser", "0", "1", "1000", "1001"),
        ("FollowUps:MaxTemplateOverrides", "0", "1", "10000", "10001"),
        ("FollowUps:StaleAfter", "00:00:00", "00:00:01", "36500.00:00:00", "36501.00:00:00"),
        ("FollowUps:StaleAfterOf:PostEvent", "00:00:00", "00:00:01", "36500.00:00:00", "36501.00:00:00"),
        ("FollowUps:StaleAfterOf:Reengagement", "-00:00:01", "00:00:01", "36500.00:00:00", "36501.00:00:00"),
        ("FollowUps:FrequencyCapMax", "0", "1", "1000", "1001"),
        ("FollowUps:FrequencyCapPer", "00:00:59", "00:01:00", Year, "366.00:00:01"),
        ("FollowUps:MoodHysteresis", "-0.01", "0", "0.2", "0.21"),
        ("FollowUps:HoldRecheckEvery", "00:00:00", "00:00:00.01", Day, "1.00:00:01"),
        ("FollowUps:DispatchBatchSize", "0", "1", "10000", "10001"),
        ("FollowUps:DispatchParallelism", "0", "1", "64", "65"),
        ("FollowUps:Lease", "00:00:00.9", "00:00:01", Day, "1.00:00:01"),
        ("FollowUps:DispatchSweepEvery", "00:00:00", "00:00:00.01", Day, "1.00:00:01"),
        ("FollowUps:PrepareAheadMax", "-00:00:01", "00:00:00", "00:00:10", "00:00:11"),
        ("FollowUps:DispatchRetryAfter", "-00:00:01", "00:00:00.01", Day, "1.00:00:01"),
        ("FollowUps:OverdueAfter", "00:00:00.9", "00:00:01", "30.00:00:00", "30.00:00:01"),
        ("FollowUps:ChannelPatience", "-00:00:00.01", "00:00:00", "01:00:00", "01:00:01"),
        ("FollowUps:CallTimeout", "00:00:00", "00:00:00.1", Day, "1.00:00:01"),
        ("FollowUps:CircuitCalls", "1", "2", "10000", "10001"),
        ("FollowUps:CircuitBreak", "00:00:00", "00:00:00.5", Day, "1.00:00:01"),
        ("FollowUps:StopGrace", "-00:00:01", "00:00:00", Day, "1.00:00:01"),
        ("FollowUps:MaxAttempts", "0", "1", "100", "101"),
        ("FollowUps:BackoffBase", "-00:00:01", "00:00:00.01", Day, "1.00:00:01"),
        ("FollowUps:BackoffMax", "00:00:00", "00:00:00.01", "30.00:00:00", "30.00:00:01"),
        ("FollowUps:Email:Port", "0", "1", "65535", "65536"),
        ("FollowUps:Email:Timeout", "00:00:00", "00:00:00.0000001", "00:05:00", "00:05:01"),
        ("FollowUps:Email:Connections", "0", "1", "1000", "1001"),
        ("FollowUps:Email:PerSecond", "0", "0.0001", "1000000", "1000001"),
        ("FollowUps:Webhooks:sms:Timeout", "00:00:00", "00:00:00.0000001", "00:05:00", "00:05:01"),
        ("FollowUps:Webhooks:sms:Concurrency", "0", "1", "1000", "1001"),
        ("FollowUps:Webhooks:sms:PerSecond", "-1", "0.0001", "1000000", "NaN"),
        ("Conversations:MaxBatchSize", "0", "1", "100000", "100001"),
        ("Conversations:MaxContentLength", "0", "1", "1000000", "1000001"),
        ("Conversations:MaxJsonBytes", "1", "2", "1048576", "1048577"),
        ("Conversations:MaxContextMessages", "0", "1", "100000", "100001"),
        ("Conversations:MessageRetention", "00:59:59", "01:00:00", "36500.00:00:00", "36501.00:00:00"),
        ("Conversations:RetentionBatchSize", "0", "1", "100000", "100001"),
        ("Conversations:RetentionRunSize", "0", "1", "100000000", "100000001"),
        ("Limits:RequestsPerSecond", "0", "1", "1000000", "1000001"),
        ("Limits:Burst", "0", "1", "10000000", "10000001"),
        ("Limits:StrangersPerSecond", "0", "1", "100000", "100001"),
        ("Limits:Concurrent", "0", "1", "100000", "100001"),
        ("Limits:Timeout", "00:00:00", "00:00:01", Day, "1.00:00:01"),
        ("Limits:MaxBodyBytes", "1023", "1024", "1073741824", "1073741825"),
        ("Health:MaxOverdue", "-1", "0", "2147483647", ""),
        ("Health:MaxLateness", "00:00:00", "00:00:01", "7.00:00:00", "7.00:00:01"),
        ("Coalescing:MaxBatch", "1", "2", "1000", "1001"),
        ("Coalescing:MaxWait", "-00:00:01", "00:00:00", "00:00:10", "00:00:11"),
        ("Coalescing:MaxLockWait", "00:00:00.0009", "00:00:00.001", "00:00:10", "00:00:11"),
        ("Coalescing:MaxInFlight", "0", "1", "64", "65"),
        ("Coalescing:MaxWaiting", "0", "1", "1000000", "1000001"),
    ];

    // What a key cannot be set to at start, and what is said of it.
    public static TheoryData<string, string, string> Wrong =>
        new()
        {
            { "FollowUps:PostEventDelay", "-1.00:00:00", "between 00:00:00 and 366.00:00:00; it is -1.00:00:00." },
            { "FollowUps:StaleAfterOf:Custom", "00:00:00", "between 00:00:01 and 36500.00:00:00." },
            { "FollowUps:Email:PerSecond", "0", "above 0 and at most 1000000; it is 0." },
            { "FollowUps:UnsubscribeKey", "short", "32 bytes or more in base64." },
            { "FollowUps:ErasureKey", new('-', 44), "32 bytes or more in base64." },
            { "FollowUps:PublicUrl", "book.example.org", "an absolute http or https URL." },
            { "Conversations:ErasureKey", "short", "32 bytes or more in base64." },
            { "Limits:Timeout", "00:00:00", "between 00:00:01 and 1.00:00:00; it is 00:00:00." },
        };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Wrong))]
    public async Task Host_does_not_start_and_names_the_key(string key, string value, string must)
    {
        var problem = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync((key, value)));

        Assert.Equal($"{key} must be {must}", problem.Message);
    }

    // But for the limits: the server that listens is made with them.
    [Theory]
    [InlineData("Limits:", true)]
    [InlineData("Limits:", false)]
    [InlineData("", true)]
    [InlineData("", false)]
    public async Task Everything_beside_its_bounds_is_told_at_once(string section, bool below)
    {
        var set = Bounds
            .Where(bound =>
                section.Length > 0 == bound.Key.StartsWith("Limits:", StringComparison.Ordinal)
                && (below || bound.Above.Length > 0)
            )
            .Select(bound => (bound.Key, Value: below ? bound.Below : bound.Above))
            .ToArray();

        var problem = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(set));
        Assert.NotEmpty(set);
        Assert.All(set, value => Assert.Contains($"{value.Key} must be ", problem.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bounds_themselves_are_taken()
    {
        foreach (var side in (int[])[0, 1])
        {
            await using var host = await CreateAsync([
                .. Bounds.Select(bound => (bound.Key, side == 0 ? bound.Least : bound.Most)),
            ]);

            host.App.Services.GetRequiredService<IStartupValidator>().Validate();
        }
    }

    [Fact]
    public void Whatever_is_a_number_or_a_time_has_bounds()
    {
        var keys = Assemblies
            .SelectMany(name => Assembly.Load(name).GetTypes())
            .Select(type => (Type: type, Section: type.GetField("Section", BindingFlags.Public | BindingFlags.Static)))
            .Where(options => options.Section is not null)
            .SelectMany(options =>
                options
                    .Type.GetProperties()
                    .Where(property => property.CanWrite && IsMeasure(property.PropertyType))
                    .Select(property => $"{options.Section!.GetValue(null)}:{property.Name}")
            )
            .Select(key => key.Replace(":Webhooks:", ":Webhooks:sms:", StringComparison.Ordinal))
            .Order()
            .ToList();

        Assert.True(keys.Count > 50);
        // Needed before there is a server: the test below.
        Assert.Equal(["EmbeddedPostgres:Port"], keys.Except(Bounds.Select(bound => bound.Key)));
    }

    [Theory]
    [InlineData("FollowUps__PostEventDelay", "soon", "'soon' at 'FollowUps:PostEventDelay'")]
    [InlineData(
        "FollowUps__Lease",
        "00:00:00.5",
        "FollowUps:Lease must be between 00:00:01 and 1.00:00:00; it is 00:00:00.5"
    )]
    [InlineData("Limits__Burst", "1.5", "'1.5' at 'Limits:Burst'")]
    [InlineData("Web__Origins__0", "https://desk.example.org/", "Web:Origins: https://desk.example.org/ is no origin")]
    [InlineData("Web__Origins__0", "desk.example.org", "Web:Origins: desk.example.org is no origin")]
    [InlineData("FollowUps__Channels__0", "smz", "FollowUps:Channels: smz is not set up. There are: outbox.")]
    public async Task What_cannot_be_is_told_in_a_line_on_a_machine_of_any_language(
        string variable,
        string value,
        string words
    )
    {
        using var process = HostProcess.Start(
            ("ConnectionStrings__Postgres", await PostgresServer.NewDatabaseAsync()),
            ("LC_ALL", "de_DE.UTF-8"),
            (variable, value)
        );

        Assert.Equal(1, await process.ExitAsync(Token));
        Assert.Contains(words, process.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_of_a_server_of_its_own_is_checked_before_it_is_made()
    {
        using var process = HostProcess.Start(("EmbeddedPostgres__Port", "65536"));

        Assert.Equal(1, await process.ExitAsync(Token));
        Assert.Equal("EmbeddedPostgres:Port must be between 0 and 65535; it is 65536.", process.Said.Trim());
    }

    private static bool IsMeasure(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is var kind
        && (kind == typeof(TimeSpan) || (kind.IsPrimitive && kind != typeof(bool)));

    private static async Task StartAsync(params (string Key, string Value)[] settings)
    {
        await using var host = await CreateAsync(settings);
        await host.StartAsync(Token);
    }

    private static async Task<FollowUpsHost> CreateAsync(params (string Key, string Value)[] settings)
    {
        var database = await PostgresServer.NewDatabaseAsync();
        return await FollowUpsHost.CreateAsync(
            [],
            builder =>
                builder.Configuration.AddInMemoryCollection([
                    new("ConnectionStrings:Postgres", database),
                    new("FollowUps:Email:Host", "localhost"),
                    new("FollowUps:Email:From", "hello@bluekitchen.example"),
                    new("FollowUps:Webhooks:sms:Url", "https://sms.example.org"),
                    new("FollowUps:Webhooks:sms:Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                    .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)),
                ]),
            Token
        );
    }
}

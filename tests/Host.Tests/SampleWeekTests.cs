using System.Net.Http.Json;
using System.Text.Json;
using Sample;
using Testing;

namespace Host.Tests;

public sealed class SampleWeekTests(SampleWeekTests.LoadedWeek loaded) : IClassFixture<SampleWeekTests.LoadedWeek>
{
    private static readonly SampleWeek Week = SampleWeek.Read();

    [Fact]
    public void Week_is_as_large_and_as_mixed_as_promised()
    {
        var conversations = Week.Conversations;
        var messages = conversations.SelectMany(c => c.Messages).ToList();
        var bookings = conversations.SelectMany(c => c.Bookings ?? []).ToList();
        int BookingsThat(string step) => bookings.Count(b => b.Steps.Any(s => s.Step == step));

        Assert.InRange(conversations.Count, 40, int.MaxValue);
        Assert.InRange(messages.Distinct().Count(m => m.Score is not null), 600, int.MaxValue);
        Assert.InRange(bookings.Count, 25, int.MaxValue);
        Assert.InRange(BookingsThat("rescheduled"), 5, int.MaxValue);
        Assert.InRange(BookingsThat("cancelled"), 5, int.MaxValue);
        Assert.InRange(conversations.DistinctBy(c => c.Language).Count(), 6, int.MaxValue);
        Assert.InRange(messages.DistinctBy(m => m.Channel).Count(), 8, int.MaxValue);
        Assert.All(messages, m => Assert.InRange(m.Score ?? m.LateScore ?? 0, 0, 1));
    }

    [Fact]
    public void Ids_are_unique_and_every_conversation_lies_in_the_file_of_its_name()
    {
        var files = Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "conversations"));
        var bookings = Week.Conversations.SelectMany(c => c.Bookings ?? []).Select(b => b.Id).ToList();

        Assert.Equal(
            files.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal),
            Week.Conversations.Select(c => c.Id)
        );
        Assert.Equal(bookings.Distinct(), bookings);
    }

    [Fact]
    public void Every_message_was_said_before_the_week_is_loaded()
    {
        var anchor = DateTimeOffset.UtcNow;

        Assert.All(
            Week.Conversations.SelectMany(c => c.Messages),
            message => Assert.True(Moment.At(message.At, anchor) < anchor, message.Content)
        );
    }

    [Fact]
    public void Every_message_is_stored_once()
    {
        var sent = Week.Conversations.SelectMany(c => c.Messages.Select(m => (c.Id, m.Id(c.Id)))).ToList();
        var distinct = sent.Distinct().Count();

        Assert.Equal(distinct, loaded.Report.Count(LoadReport.Stored) + loaded.Report.Count(LoadReport.StoredInBatch));
        Assert.InRange(loaded.Report.Count(LoadReport.Duplicates), sent.Count - distinct, int.MaxValue);
    }

    [Fact]
    public async Task Loading_twice_changes_nothing()
    {
        var held = await HeldAsync(loaded.Host);

        var second = await LoadAsync(loaded.Host);

        Assert.All(LoadReport.Rows, row => Assert.Equal(0, second.Count(row)));
        Assert.Equal(held, await HeldAsync(loaded.Host));
    }

    [Fact]
    public async Task Load_that_was_broken_off_is_completed_by_the_next()
    {
        await using var other = new ObedientHostFixture();
        await other.InitializeAsync();
        foreach (var stopAfter in (int[])[100, 450, 700])
        {
            using var stopping = new CancellationTokenSource();
            void StopThere(int done, int all)
            {
                if (done == stopAfter)
                {
                    stopping.Cancel();
                }
            }

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                new SampleLoader(other.Http, Week).LoadAsync(StopThere, stopping.Token)
            );
        }

        await LoadAsync(other);

        Assert.Equal(await HeldAsync(loaded.Host), await HeldAsync(other));
    }

    [Theory]
    [InlineData("", "A key is needed here")]
    [InlineData("X-Api-Key: wrong", "unknown here, revoked or expired")]
    [InlineData("conversations.write followups.read followups.write", "lacks the scope conversations.read. To load")]
    [InlineData("conversations.read followups.read followups.write", "lacks the scope conversations.write. To load")]
    [InlineData("conversations.read conversations.write followups.write", "lacks the scope followups.read. To load")]
    [InlineData("conversations.read conversations.write followups.read", "lacks the scope followups.write. To load")]
    public async Task Caller_that_may_not_load_is_told_what_lacks(string sent, string words)
    {
        await using var closed = new ClosedHostFixture();
        await closed.InitializeAsync();
        var header = sent.Split(": ");
        if (header.Length == 2)
        {
            closed.Http.DefaultRequestHeaders.Add(header[0], header[1]);
        }
        else if (sent.Length > 0)
        {
            closed.Http.DefaultRequestHeaders.Authorization = new("Bearer", closed.Token(sent));
        }

        var loader = new SampleLoader(closed.Http, Week);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            await loader.IsFirstAsync(TestContext.Current.CancellationToken);
            await loader.LoadAsync(cancellationToken: TestContext.Current.CancellationToken);
        });

        Assert.Contains(words, SampleLoader.WhyLeftOut(refused, sent.Length > 0), StringComparison.Ordinal);
    }

    private static Task<LoadReport> LoadAsync(HostFixture into) =>
        new SampleLoader(into.Http, Week).LoadAsync(cancellationToken: TestContext.Current.CancellationToken);

    // What the service holds of the week, without ids and instants, which differ between services; sorted.
    private static async Task<List<string>> HeldAsync(HostFixture service)
    {
        var held = new List<string>();
        foreach (var conversation in Week.Conversations)
        {
            var messages = await ItemsAsync(service, $"/api/v1/conversations/{conversation.Id}/messages?limit=200");
            held.AddRange(
                messages.Select(message =>
                    $"{conversation.Id} {message.GetProperty("role")} {message.GetProperty("content")}"
                )
            );
        }

        var followUps = await ItemsAsync(service, "/api/v1/follow-ups?limit=200");
        held.AddRange(
            // The service schedules check-ins by itself, a moment after the messages.
            followUps
                .Where(followUp => followUp.GetProperty("trigger").GetString() != "emotion_based")
                .Select(followUp =>
                    $"{followUp.GetProperty("userId")} {followUp.GetProperty("trigger")} {followUp.GetProperty("bookingId")}"
                )
        );
        held.Sort(StringComparer.Ordinal);
        return held;
    }

    private static async Task<List<JsonElement>> ItemsAsync(HostFixture service, string url)
    {
        var page = await service.Http.GetFromJsonAsync<JsonElement>(url, TestContext.Current.CancellationToken);
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextCursor").ValueKind);
        return [.. page.GetProperty("items").EnumerateArray()];
    }

    // Nothing is sent: whether a booking's follow-up had left when the next one was confirmed would else depend on how fast the week is told.
    public sealed class LoadedWeek : IAsyncLifetime
    {
        public HostFixture Host { get; } = new ObedientHostFixture();

        internal LoadReport Report { get; private set; } = new();

        public async ValueTask InitializeAsync()
        {
            await Host.InitializeAsync();
            Report = await LoadAsync(Host);
        }

        public ValueTask DisposeAsync() => Host.DisposeAsync();
    }
}

using Conversations.Contracts;

namespace Conversations.Tests.Data;

public sealed class PlansTests(ExplainedConversations module) : IClassFixture<ExplainedConversations>
{
    private static readonly DateTimeOffset DayAgo = DateTimeOffset.UtcNow.AddDays(-1);

    [Fact]
    public async Task Conversation_is_found_by_its_key()
    {
        var plan = await module.PlanOf(new GetConversation("c-7"));

        Assert.Equal(["Index Scan pk_conversations"], plan.Scans);
    }

    [Fact]
    public async Task Emotion_history_reads_its_index_alone_and_sorts_nothing()
    {
        var plan = await module.PlanOf(new GetEmotionHistory("long"));

        Assert.Equal(["Index Only Scan ix_messages_emotion_history", "Index Only Scan pk_conversations"], plan.Scans);
        Assert.DoesNotContain("Sort", plan.Nodes);
        Assert.Equal(10, plan.RowsRead("ix_messages_emotion_history"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task History_reads_a_page_and_no_more(bool newest)
    {
        var plan = await module.PlanOf(
            new GetMessages("long", newest, Limit: 50, After: new MessageKey(DayAgo, Guid.Empty))
        );

        Assert.Equal(["Index Scan ix_messages_history", "Index Scan pk_conversations"], plan.Scans.Select(Fetched));
        Assert.DoesNotContain("Sort", plan.Nodes);
        Assert.Equal(51, plan.RowsRead("ix_messages_history"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Timeline_of_thousands_of_conversations_reads_one_entry_of_each_and_the_leaders_pages(bool newest)
    {
        var plan = await module.PlanOf(
            new GetUserMessages("busy", Newest: newest, Limit: 20, After: new TimelineKey(DayAgo, Guid.Empty, "c"))
        );

        Assert.Equal(
            ["Index Only Scan ix_conversations_user", "Index Only Scan ix_messages_history", "Index Scan pk_messages"],
            plan.Scans
        );
        Assert.InRange(plan.RowsRead("ix_messages_history"), 21, 2000 + 21 * 21);
        Assert.Equal(21, plan.RowsRead("pk_messages"));
    }

    [Fact]
    public async Task Context_window_of_a_long_conversation_reads_what_fits_and_one_message_more()
    {
        var plan = await module.PlanOf(new GetContextWindow("long", MaxTokens: 305));

        Assert.Equal(
            ["Index Scan ix_messages_history", "Index Scan pk_conversations", "Index Scan pk_messages"],
            plan.Scans
        );
        Assert.Equal(31, plan.RowsRead("ix_messages_history"));
        Assert.Equal(30, plan.RowsRead("pk_messages"));
    }

    [Fact]
    public async Task Context_window_finds_system_messages_by_their_own_index()
    {
        var plan = await module.PlanOf(new GetContextWindow("long", MaxTokens: 305, KeepSystem: true));

        Assert.Contains("Index Scan ix_messages_context_window", plan.Scans.Select(Fetched), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Moods_come_from_conversations_alone()
    {
        var plan = await module.PlanOf(new GetMoods([new("u-7", null), new("u-8", "c-8")]));

        Assert.Equal(
            [
                "Index Only Scan ix_conversations_user",
                "Index Scan ix_conversations_user",
                "Index Scan pk_conversations",
            ],
            plan.Scans.Select(Fetched).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Conversations_of_a_customer_are_found_by_customer()
    {
        var plan = await module.PlanOf(new ListConversations(UserId: "u-7"));

        Assert.Equal(["Index Scan ix_conversations_user"], plan.Scans.Select(Fetched));
    }

    [Fact]
    public async Task All_conversations_are_read_hour_by_hour_until_the_page_is_full()
    {
        var plan = await module.PlanOf(
            new ListConversations(Limit: 20, After: new ConversationKey(DateTimeOffset.UtcNow.AddHours(-3), "x"))
        );

        Assert.Equal(["Index Scan ix_conversations_list"], plan.Scans);
        Assert.Contains("Incremental Sort", plan.Nodes);
        Assert.InRange(plan.RowsRead("ix_conversations_list"), 21, 1000);
    }

    [Fact]
    public async Task Escalated_conversations_are_found_among_many()
    {
        var plan = await module.PlanOf(new ListConversations(Escalated: true));

        Assert.Equal(["Index Scan ix_conversations_list_escalated"], plan.Scans.Select(Fetched));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("busy")]
    public async Task Search_for_a_rare_word_is_a_bitmap_of_its_index(string? userId)
    {
        var plan = await module.PlanOf(new SearchMessages("tasting 17", userId));

        Assert.Contains("Bitmap Index Scan ix_messages_search", plan.Scans, StringComparer.Ordinal);
        Assert.DoesNotContain("Seq Scan messages", plan.Scans, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Search_for_a_word_of_every_message_stops_at_the_newest_thousand()
    {
        var plan = await module.PlanOf(new SearchMessages("tasting"));

        Assert.Contains("Index Scan ix_messages_hour", plan.Scans, StringComparer.Ordinal);
        Assert.InRange(plan.RowsRead("ix_messages_hour"), 1000, 2000);
    }

    [Fact]
    public async Task Statistics_of_a_day_read_that_day()
    {
        var plan = await module.PlanOf(new GetConversationStatistics(Days: 1));

        Assert.Contains("Index Scan ix_messages_hour", plan.Scans.Select(Fetched), StringComparer.Ordinal);
        Assert.DoesNotContain("Seq Scan messages", plan.Scans, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Falls_of_the_mood_are_read_from_their_index_alone()
    {
        var plan = await module.PlanOf(new ListMoodDrops(DayAgo));

        Assert.Equal(["Index Scan ix_conversations_mood_drops"], plan.Scans.Select(Fetched));
    }

    [Fact]
    public async Task Silent_customers_are_found_by_the_day()
    {
        var plan = await module.PlanOf(new ListSilentCustomers(DayAgo.AddDays(-10), DayAgo.AddDays(-9)));

        Assert.Equal(
            ["Index Scan ix_conversations_silent_customers", "Index Scan ix_conversations_user"],
            plan.Scans.Select(Fetched)
        );
    }

    [Theory]
    [InlineData("u-7")]
    [InlineData("busy")]
    public async Task Export_reads_a_customers_conversations_and_their_messages_in_order(string user)
    {
        var plan = await module.PlanOf(new ExportConversations(user));

        Assert.DoesNotContain(plan.Scans, scan => scan.StartsWith("Seq Scan", StringComparison.Ordinal));
        Assert.Contains("Index Scan ix_messages_history", plan.Scans.Select(Fetched), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Retention_walks_the_hours_that_have_passed()
    {
        var plan = await module.PlanOf(new DeleteExpiredMessages());

        Assert.Contains("Index Scan ix_messages_hour", plan.Scans.Select(Fetched), StringComparer.Ordinal);
        Assert.Equal(0, plan.RowsRead("ix_messages_hour"));
    }

    // An update that changes no indexed column can stay on its page and leave every index alone (HOT).
    [Fact]
    public async Task No_index_holds_what_every_message_changes_in_its_conversation() =>
        Assert.Equal(
            ["dropped_at", "escalated_at", "id", "last_activity_day", "last_message_hour", "user_id"],
            await module.IndexedColumnsOf("conversations")
        );

    // Whether PostgreSQL goes through the index row by row or gathers the rows first is its choice.
    private static string Fetched(string scan) =>
        scan.Replace("Bitmap Index Scan", "Index Scan", StringComparison.Ordinal);
}

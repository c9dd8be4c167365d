using Conversations.Contracts;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

public sealed class DispatchDueFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<FollowUp> Sent(NewFollowUp item)
    {
        var id = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!.Id;
        return await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(id), Token) is { Status: FollowUpStatus.Executed } sent
                ? sent
                : null
        );
    }

    [Theory]
    [InlineData(0.9, "post_event_high_emotion", FollowUpMood.High)]
    [InlineData(0.5, "post_event_neutral_emotion", FollowUpMood.Neutral)]
    [InlineData(0.1, "post_event_low_emotion", FollowUpMood.Low)]
    public async Task Due_follow_up_is_worded_by_mood_delivered_and_stored_in_the_conversation(
        double score,
        string template,
        FollowUpMood mood
    )
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        await host.Modules.Send(new StoreMessages([Some.Message(conversation, score) with { UserId = user }]), Token);

        var sent = await Sent(
            new NewFollowUp
            {
                Trigger = FollowUpTrigger.PostEvent,
                UserId = user,
                ConversationId = conversation,
                EventAt = new DateTimeOffset(2021, 11, 5, 18, 0, 0, TimeSpan.Zero),
            }
        );

        Assert.Equal((template, mood), (sent.TemplateId, sent.Mood));
        Assert.Contains("November 05, 2021", sent.MessageContent, StringComparison.Ordinal);
        Assert.Equal("sent", Assert.Single(sent.Attempts).Outcome);
        var outbox = await host.Modules.Send(new ListOutbox(user), Token);
        Assert.Equal(sent.MessageContent, Assert.Single(outbox.Items).Body);
        var history = await host.Modules.Send(new GetMessages(conversation), Token);
        Assert.Equal(
            (sent.Id, MessageRole.Assistant, sent.MessageContent),
            (history!.Items[^1].Id, history.Items[^1].Role, history.Items[^1].Content)
        );
    }

    [Fact]
    public async Task Custom_without_a_message_never_sends_an_empty_text()
    {
        var sent = await Sent(
            new NewFollowUp
            {
                Trigger = FollowUpTrigger.Custom,
                UserId = Some.Id(),
                ScheduledAt = DateTimeOffset.UtcNow,
            }
        );

        Assert.Contains("Simply answer this message", sent.MessageContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Custom_text_goes_out_as_it_was_given()
    {
        var sent = await Sent(
            new NewFollowUp
            {
                Trigger = FollowUpTrigger.Custom,
                UserId = Some.Id(),
                ScheduledAt = DateTimeOffset.UtcNow,
                Message = "Your menu {{ is }} ready.",
            }
        );

        Assert.Equal("Your menu {{ is }} ready.", sent.MessageContent);
    }

    [Fact]
    public async Task A_cancelled_one_is_not_sent_and_a_sent_one_not_cancelled()
    {
        var due = DateTimeOffset.UtcNow.AddDays(1);
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.Custom,
            UserId = Some.Id(),
            ScheduledAt = due,
            Message = "Soon",
        };
        var pending = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!;
        var sent = await Sent(item with { ScheduledAt = DateTimeOffset.UtcNow });

        var first = await host.Modules.Send(new CancelFollowUp(pending.Id, "changed mind"), Token);
        var again = await host.Modules.Send(new CancelFollowUp(pending.Id), Token);
        var late = await host.Modules.Send(new CancelFollowUp(sent.Id), Token);

        Assert.True(first!.Cancelled);
        Assert.Equal(
            (first.FollowUp.CancelledAt, "changed mind"),
            (again!.FollowUp.CancelledAt, again.FollowUp.CancelReason)
        );
        Assert.False(late!.Cancelled);
    }
}

public sealed class HysteresisTests(HysteresisTests.SteadyHost host) : IClassFixture<HysteresisTests.SteadyHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.66, "post_event_high_emotion")]
    [InlineData(0.65, "post_event_high_emotion")]
    [InlineData(0.64, "post_event_neutral_emotion")]
    [InlineData(0.1, "post_event_low_emotion")]
    public async Task Words_chosen_when_scheduled_stand_until_the_mood_is_beyond_the_margin(
        double score,
        string template
    )
    {
        var (user, conversation) = (Some.Id(), Some.Id());
        await StoreAsync(user, conversation, 0.75);
        var item = new NewFollowUp
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = user,
            ConversationId = conversation,
            EventAt = host.Clock.Now.AddDays(-1),
        };
        var scheduled = (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!;
        await StoreAsync(user, conversation, score);

        await host.Modules.Send(new DispatchDueFollowUps(), Token);

        var sent = (await host.Modules.Send(new GetFollowUp(scheduled.Id), Token))!;
        Assert.Equal("post_event_high_emotion", scheduled.TemplateId);
        Assert.Equal((FollowUpStatus.Executed, template), (sent.Status, sent.TemplateId));
    }

    // As many as the mood is the mean of.
    private Task<StoreMessagesResult> StoreAsync(string user, string conversation, double score) =>
        host.Modules.Send(
            new StoreMessages([
                .. Enumerable.Repeat(0, 5).Select(_ => Some.Message(conversation, score) with { UserId = user }),
            ]),
            Token
        );

    public sealed class SteadyHost() : StoppedHostFixture(("FollowUps:MoodHysteresis", "0.05"));
}

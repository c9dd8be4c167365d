using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Recipients;

public sealed class UnsubscribeRecipientTests(UnsubscribableHostFixture host) : IClassFixture<UnsubscribableHostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<string> TokenOf(string user) => (await host.LinkOf(user)).Split('/')[^1];

    private async Task<FollowUp> Pending(string user, FollowUpTrigger trigger)
    {
        var later = DateTimeOffset.UtcNow.AddDays(3);
        var item = new NewFollowUp
        {
            Trigger = trigger,
            UserId = user,
            EventAt = later,
            ScheduledAt = later,
            Message = "Your menu is ready.",
        };
        return (await host.Modules.Send(new ScheduleFollowUps([item]), Token))[0].FollowUp!;
    }

    private async Task<FollowUp> Read(FollowUp followUp) =>
        (await host.Modules.Send(new GetFollowUp(followUp.Id), Token))!;

    [Fact]
    public async Task Customer_is_opted_out_of_all_and_what_is_pending_cancelled_once()
    {
        var user = Some.Id();
        var token = await TokenOf(user);
        var pending = await Pending(user, FollowUpTrigger.PostEvent);

        Assert.True(await host.Modules.Send(new UnsubscribeRecipient(token), Token));
        var cancelled = await Read(pending);
        Assert.True(await host.Modules.Send(new UnsubscribeRecipient(token), Token));

        Assert.Equal((FollowUpStatus.Cancelled, "opted_out"), (cancelled.Status, cancelled.CancelReason));
        Assert.Equal("unsubscribe_link", cancelled.Decisions[^1].Inputs!.Value.GetProperty("by").GetString());
        Assert.Equivalent(cancelled, await Read(pending));
        Assert.Equal(["all"], (await host.Modules.Send(new GetRecipient(user), Token))!.OptOut);
    }

    [Fact]
    public async Task Who_edits_what_they_read_before_it_does_not_undo_it()
    {
        var user = Some.Id();
        var token = await TokenOf(user);
        var put = new PutRecipient { UserId = user, Locale = "de" };
        var first = (await host.Modules.Send(put, Token))!.Recipient.Tag;
        var same = (await host.Modules.Send(put with { IfMatch = [first] }, Token))!;
        await host.Modules.Send(new UnsubscribeRecipient(token), Token);

        var late = (await host.Modules.Send(put with { IfMatch = [first] }, Token))!;

        Assert.Equal((RecipientWriteOutcome.Done, first), (same.Outcome, same.Recipient.Tag));
        Assert.Equal(RecipientWriteOutcome.NotMatched, late.Outcome);
        Assert.Equal(["all"], late.Recipient.OptOut);
    }

    [Fact]
    public async Task Customer_may_refuse_the_one_kind_and_keep_the_rest()
    {
        var user = Some.Id();
        var token = await TokenOf(user);
        var (custom, postEvent) = (
            await Pending(user, FollowUpTrigger.Custom),
            await Pending(user, FollowUpTrigger.PostEvent)
        );

        await host.Modules.Send(new UnsubscribeRecipient(token, OnlyTrigger: true), Token);

        Assert.Equal(FollowUpStatus.Cancelled, (await Read(custom)).Status);
        Assert.Equal(FollowUpStatus.Pending, (await Read(postEvent)).Status);
        Assert.Equal(["custom"], (await host.Modules.Send(new GetRecipient(user), Token))!.OptOut);
    }

    [Fact]
    public async Task Who_has_no_row_any_more_gets_none()
    {
        var user = Some.Id();
        var token = await TokenOf(user);
        await host.ExecuteAsync("DELETE FROM followups.recipients WHERE user_id = $1", user);

        Assert.True(await host.Modules.Send(new UnsubscribeRecipient(token), Token));

        Assert.Empty((await host.Modules.Send(new GetRecipient(user), Token))!.OptOut);
    }

    [Fact]
    public async Task Foreign_token_is_refused() =>
        Assert.False(await host.Modules.Send(new UnsubscribeRecipient("AAAA"), Token));
}

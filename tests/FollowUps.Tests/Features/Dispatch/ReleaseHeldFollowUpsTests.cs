using Conversations.Contracts;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

public sealed class ReleaseHeldFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Held_while_escalated_and_sent_when_that_ends()
    {
        var token = TestContext.Current.CancellationToken;
        var (user, conversation) = (Some.Id(), Some.Id());
        await host.Modules.Send(new StoreMessages([Some.Message(conversation) with { UserId = user }]), token);
        await host.Modules.Send(new EscalateConversation(conversation), token);
        var scheduled = await host.Modules.Send(
            new ScheduleFollowUps([
                new NewFollowUp
                {
                    Trigger = FollowUpTrigger.PostEvent,
                    UserId = user,
                    ConversationId = conversation,
                    EventAt = DateTimeOffset.UtcNow.AddDays(-2),
                },
            ]),
            token
        );
        var held = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(scheduled[0].FollowUp!.Id), token) is { HeldReason: not null } now
                ? now
                : null
        );

        await host.Modules.Send(new ResolveEscalation(conversation), token);

        var sent = await Until.NotNull(async () =>
            await host.Modules.Send(new GetFollowUp(held.Id), token) is { Status: FollowUpStatus.Executed } now
                ? now
                : null
        );
        Assert.Equal(("escalated", FollowUpStatus.Pending), (held.HeldReason, held.Status));
        Assert.Empty(held.Attempts);
        Assert.Null(sent.HeldReason);
        Assert.Equal(["scheduled", "held", "sent"], sent.Decisions.Select(decision => decision.Decision));
    }
}

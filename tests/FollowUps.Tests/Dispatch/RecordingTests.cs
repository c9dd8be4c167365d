using Conversations.Contracts;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Dispatch;

// What was sent is recorded as sent, whatever becomes of its text in the conversation: else it would be sent again, and again.
public sealed class RecordingTests(RecordingTests.SmallBatches host) : IClassFixture<RecordingTests.SmallBatches>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task More_texts_than_may_be_stored_at_once_are_stored_in_parts()
    {
        var users = Enumerable.Range(0, 30).Select(_ => Some.Id()).ToList();

        await SendAsync(users, users);

        foreach (var user in users)
        {
            var messages = await host.Modules.Send(new GetMessages(user), Token);
            Assert.Equal("Your menu is ready.", Assert.Single(messages!.Items).Content);
        }
    }

    [Fact]
    public async Task Texts_that_their_conversations_refuse_keep_none_from_being_recorded_or_stored()
    {
        var users = Enumerable.Range(0, 9).Select(_ => Some.Id()).ToList();
        var others = Enumerable.Range(0, 9).Select(_ => Some.Id()).ToList();
        foreach (var other in others[..8])
        {
            await host.Modules.Send(new StoreMessages([Some.Message(other) with { UserId = Some.Id() }]), Token);
        }

        await SendAsync(users, others);

        foreach (var other in others[..8])
        {
            Assert.Single((await host.Modules.Send(new GetMessages(other), Token))!.Items);
        }

        Assert.Single((await host.Modules.Send(new GetMessages(others[8]), Token))!.Items);
    }

    private async Task SendAsync(List<string> users, List<string> conversations)
    {
        await host.Modules.Send(
            new ScheduleFollowUps([
                .. users.Zip(
                    conversations,
                    (user, conversation) => Some.FollowUp(user) with { ConversationId = conversation }
                ),
            ]),
            Token
        );
        await host.Modules.Send(new DispatchDueFollowUps(), Token);
        foreach (var user in users)
        {
            var sent = Assert.Single((await host.Modules.Send(new ListFollowUps(user), Token)).Items);
            Assert.Equal(FollowUpStatus.Executed, sent.Status);
        }
    }

    public sealed class SmallBatches() : ObedientHostFixture(null, ("Conversations:MaxBatchSize", "10"));
}

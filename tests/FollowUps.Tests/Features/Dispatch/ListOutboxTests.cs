using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Dispatch;

public sealed class ListOutboxTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_hold_every_text_of_the_customer_once_newest_first()
    {
        var (user, other) = (Some.Id(), Some.Id());
        NewFollowUp[] items =
        [
            .. Enumerable
                .Range(0, 5)
                .Select(i => new NewFollowUp
                {
                    Trigger = FollowUpTrigger.Custom,
                    UserId = i == 2 ? other : user,
                    ScheduledAt = DateTimeOffset.UtcNow,
                    Message = $"Text {i}",
                }),
        ];
        await host.Modules.Send(new ScheduleFollowUps(items), Token);
        await Until.NotNull(async () =>
            await host.Modules.Send(new ListOutbox(user), Token) is { Items.Count: 4 } all ? all : null
        );

        var read = new List<OutboxItem>();
        OutboxKey? after = null;
        do
        {
            var page = await host.Modules.Send(new ListOutbox(user, 3, after), Token);
            Assert.InRange(page.Items.Count, 1, 3);
            read.AddRange(page.Items);
            after = page.Next;
        } while (after is not null);

        Assert.Equal(["Text 0", "Text 1", "Text 3", "Text 4"], read.Select(item => item.Body).Order());
        Assert.Equal(read.Select(item => item.SentAt).OrderDescending(), read.Select(item => item.SentAt));
        Assert.All(read, item => Assert.Equal((user, "outbox", 1), (item.UserId, item.Channel, item.Attempt)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task Limit_lies_between_1_and_200(int limit) =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new ListOutbox(null, limit), Token));
}

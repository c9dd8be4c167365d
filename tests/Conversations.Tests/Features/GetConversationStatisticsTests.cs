using Conversations.Contracts;
using Testing;

namespace Conversations.Tests.Features;

public sealed class GetConversationStatisticsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private Task<T> Send<T>(MediatR.IRequest<T> request) =>
        host.Modules.Send(request, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Messages_of_the_days_asked_for_are_counted_by_role_and_channel()
    {
        var (user, first, second) = (Some.Id(), Some.Id(), Some.Id());
        var now = DateTimeOffset.UtcNow;
        NewMessage Said(string id, double daysAgo, MessageRole role, string channel, double? score = null) =>
            Some.Message(id, score, now.AddDays(-daysAgo)) with
            {
                UserId = user,
                Role = role,
                Channel = channel,
            };
        await Send(
            new StoreMessages([
                Said(first, 1, MessageRole.User, "web", 0.2),
                Said(first, 1, MessageRole.Assistant, "web"),
                Said(first, 2, MessageRole.User, "sms", 0),
                Said(second, 3, MessageRole.User, "web", 0.7),
                Said(second, 3, MessageRole.Tool, "web"),
                Said(second, 8, MessageRole.System, "fax", 1),
                Said(second, -1, MessageRole.System, "fax", 1),
            ])
        );

        var week = await Send(new GetConversationStatistics(user, 7));

        Assert.Equal((2, 5), (week.Conversations, week.Messages));
        Assert.Equal(new RoleCounts(3, 1, 0, 1), week.MessagesByRole);
        Assert.Equal(0.3, week.AverageEmotionScore);
        Assert.Equal([new ChannelStatistics("web", 2, 4, 0.45), new ChannelStatistics("sms", 1, 1, 0)], week.Channels);
        Assert.Equal((0, 0.0), (week.EscalatedConversations, week.EscalationRate));
        var everybody = await Send(new GetConversationStatistics(Days: 7));
        Assert.True(everybody.Messages >= week.Messages && everybody.Conversations >= 2);
    }

    [Fact]
    public async Task A_customer_who_said_nothing_counts_nothing()
    {
        var nothing = await Send(new GetConversationStatistics(Some.Id()));

        Assert.Equal((0, 0, 0.0), (nothing.Conversations, nothing.Messages, nothing.EscalationRate));
        Assert.Null(nothing.AverageEmotionScore);
        Assert.Empty(nothing.Channels);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3661)]
    public async Task Days_out_of_bounds_are_refused(int days)
    {
        var refused = await Assert.ThrowsAsync<FluentValidation.ValidationException>(() =>
            Send(new GetConversationStatistics(Days: days))
        );

        Assert.Equal("Days", Assert.Single(refused.Errors).PropertyName);
    }
}

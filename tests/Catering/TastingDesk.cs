using System.Collections.Concurrent;
using Conversations.Contracts;
using FollowUps.Contracts;
using MediatR;

namespace Catering;

// Another feature of the monolith: it sees the two Contracts projects and MediatR, and nothing behind them.
public sealed class TastingDesk(ISender modules) : INotificationHandler<MoodDropped>
{
    public ConcurrentQueue<string> ToCall { get; } = new();

    // One crossing stores what the customer was told and schedules the message after the tasting.
    public async Task<FollowUp?> BookAsync(string customer, string tasting, DateTimeOffset at, CancellationToken token)
    {
        var booked = await modules.Send(
            new ConfirmBooking(tasting, customer, $"desk-{customer}", at, "Your tasting is booked."),
            token
        );
        return booked.Schedule?.FollowUp;
    }

    // Its follow-up moves with it, or goes.
    public Task MoveAsync(string tasting, DateTimeOffset to, CancellationToken token) =>
        modules.Send(new RescheduleBooking(tasting, to), token);

    public Task CallOffAsync(string tasting, CancellationToken token) =>
        modules.Send(new CancelBooking(tasting), token);

    // What the customer says to it moves the mood, and with it the words of that message.
    public async Task<double?> HearAsync(string customer, string words, double score, CancellationToken token)
    {
        var message = new NewMessage
        {
            ConversationId = $"desk-{customer}",
            UserId = customer,
            Role = MessageRole.User,
            Content = words,
            Emotion = new Emotion(score),
        };
        var stored = await modules.Send(new StoreMessages([message]), token);
        return stored.Conversations[0].AverageEmotionScore;
    }

    // Told after commit; ListMoodDrops finds what a crash kept from being told.
    public Task Handle(MoodDropped dropped, CancellationToken cancellationToken)
    {
        ToCall.Enqueue(dropped.UserId ?? dropped.ConversationId);
        return Task.CompletedTask;
    }
}

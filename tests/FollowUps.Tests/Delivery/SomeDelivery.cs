using FollowUps.Contracts;

namespace FollowUps.Tests.Delivery;

internal static class SomeDelivery
{
    public static Contracts.Delivery To(string? address) =>
        new(
            Guid.CreateVersion7(),
            "anna",
            address,
            "How was it for you?",
            "Thank you for having us – tell us how it was.",
            1,
            new DateTimeOffset(2031, 11, 5, 18, 0, 0, TimeSpan.Zero),
            new Uri("https://book.example.org/unsubscribe/abc")
        )
        {
            Trigger = FollowUpTrigger.PostEvent,
        };
}

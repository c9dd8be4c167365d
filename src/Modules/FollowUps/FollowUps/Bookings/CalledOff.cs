namespace FollowUps.Bookings;

// Why a follow-up (f) of a booking (b) has nothing to follow: conditions in SQL.
internal static class CalledOff
{
    // One that was scheduled after the cancellation was told is wanted, unless it is about the event.
    public const string Cancelled = "b.state = 4 AND (f.trigger = 0 OR f.created_at <= b.recorded_at)";

    public const string NoShow = "b.state = 3 AND f.trigger = 0";
}

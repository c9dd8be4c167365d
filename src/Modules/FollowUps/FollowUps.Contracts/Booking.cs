namespace FollowUps.Contracts;

/// <summary>Where a booking stands: the last thing heard of it.</summary>
public enum BookingState
{
    /// <summary>It will take place.</summary>
    Confirmed,

    /// <summary>It will take place, at another time than first said.</summary>
    Rescheduled,

    /// <summary>It took place.</summary>
    Completed,

    /// <summary>The customer did not come.</summary>
    NoShow,

    /// <summary>It will not take place.</summary>
    Cancelled,
}

/// <summary>A booking after what was told of it.</summary>
/// <param name="BookingId">The caller's id.</param>
/// <param name="State">Where it stands; another state than was told when something later was known already.</param>
/// <param name="FollowUps">How many pending follow-ups were moved or cancelled, or came anew where the booking was moved to.</param>
public sealed record BookingResult(string BookingId, BookingState State, int FollowUps);

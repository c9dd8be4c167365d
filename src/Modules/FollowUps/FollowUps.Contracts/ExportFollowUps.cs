using MediatR;

namespace FollowUps.Contracts;

/// <summary>
/// Reads all that is held on a customer, page by page: how they want to be reached, their bookings, then their follow-ups. What was not
/// scheduled for them is read by <see cref="ListRefusals" />.
/// </summary>
/// <param name="UserId">The customer: 1 to 255 characters.</param>
/// <param name="Limit">1 to 200 bookings and follow-ups a page.</param>
/// <param name="After">Where the page before ended; null for the first page.</param>
public sealed record ExportFollowUps(string UserId, int Limit = 200, FollowUpsExportKey? After = null)
    : IRequest<FollowUpsExport>;

/// <summary>A place in the export.</summary>
/// <param name="BookingId">The last booking; all bookings when <paramref name="FollowUp" /> is given.</param>
/// <param name="FollowUp">The last follow-up; null before the first.</param>
public sealed record FollowUpsExportKey(string? BookingId, FollowUpKey? FollowUp);

/// <summary>A page of the export.</summary>
/// <param name="Recipient">How the customer wants to be reached; null past the first page, and when nothing was ever scheduled for them.</param>
/// <param name="Bookings">By id.</param>
/// <param name="FollowUps">By due time, and only past the last booking.</param>
/// <param name="Next">Where the next page starts after; null on the last one.</param>
public sealed record FollowUpsExport(
    Recipient? Recipient,
    IReadOnlyList<ExportedBooking> Bookings,
    IReadOnlyList<ExportedFollowUp> FollowUps,
    FollowUpsExportKey? Next
);

/// <summary>A booking as it is held.</summary>
/// <param name="BookingId">The caller's id.</param>
/// <param name="State">The last thing heard of it.</param>
/// <param name="EventAt">When it takes place, UTC, if anybody said.</param>
/// <param name="OccurredAt">When what <paramref name="State" /> says took place, UTC.</param>
/// <param name="RecordedAt">When we learned of it, UTC.</param>
public sealed record ExportedBooking(
    string BookingId,
    BookingState State,
    DateTimeOffset? EventAt,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt
);

/// <summary>A follow-up as it is held.</summary>
/// <param name="FollowUp">As <see cref="GetFollowUp" /> answers it, with attempts and decisions.</param>
/// <param name="Message">The caller's text for it.</param>
/// <param name="Subject">Of the words last written for it.</param>
/// <param name="Body">The words last written for it, sent or not.</param>
/// <param name="Delivery">What the outbox was handed, if anything was.</param>
public sealed record ExportedFollowUp(
    FollowUp FollowUp,
    string? Message,
    string? Subject,
    string? Body,
    OutboxItem? Delivery
);

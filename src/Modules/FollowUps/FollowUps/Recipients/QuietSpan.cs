using NodaTime;

namespace FollowUps.Recipients;

// Quiet is what the customer's clock shows, so a gap or a fold needs no policy of its own: the clock decides.
internal sealed record QuietSpan(LocalTime From, LocalTime To)
{
    public bool Covers(LocalTime clock) => From < To ? From <= clock && clock < To : From <= clock || clock < To;

    // The first instant, from the given one on, at which the zone's clocks show a time that is not quiet.
    public Instant FirstAllowed(Instant from, DateTimeZone zone)
    {
        while (true)
        {
            var interval = zone.GetZoneInterval(from);
            var local = from.WithOffset(interval.WallOffset).LocalDateTime;
            if (!Covers(local.TimeOfDay))
            {
                return from;
            }

            var day = local.TimeOfDay < To ? local.Date : local.Date.PlusDays(1);
            var end = day.At(To).WithOffset(interval.WallOffset).ToInstant();
            if (!interval.HasEnd || end < interval.End)
            {
                return end;
            }

            from = interval.End;
        }
    }
}

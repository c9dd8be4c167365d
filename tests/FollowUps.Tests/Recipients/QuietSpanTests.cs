using CsCheck;
using FollowUps.Recipients;
using NodaTime;
using NodaTime.Text;

namespace FollowUps.Tests.Recipients;

public sealed class QuietSpanTests
{
    private static readonly DateTimeZone[] Zones = [.. SomeZones.Ids.Select(id => DateTimeZoneProviders.Tzdb[id])];

    private static readonly Gen<LocalTime> Time = Gen.Int[0, 1439]
        .Select(minute => LocalTime.Midnight.PlusMinutes(minute));

    // Half of the instants lie within a day of a change of the clocks.
    private static readonly Gen<(DateTimeZone Zone, Instant At, QuietSpan Quiet)> Case = Gen.Select(
            Gen.Int[0, Zones.Length - 1].Select(i => Zones[i]),
            Gen.Int[0, 60 * 365 * 24 * 60],
            Gen.Bool,
            Gen.Int[-1440, 1440],
            Time,
            Time
        )
        .Where(c => c.Item5 != c.Item6)
        .Select(c =>
        {
            var (zone, minute, near, offset, from, to) = c;
            var at = Instant.FromUtc(1975, 1, 1, 0, 0) + Duration.FromMinutes(minute);
            var interval = zone.GetZoneInterval(at);
            return (
                zone,
                near && interval.HasEnd ? interval.End + Duration.FromMinutes(offset) : at,
                new QuietSpan(from, to)
            );
        });

    [Fact]
    public void First_allowed_moment_is_the_first_whose_clock_is_outside() =>
        Case.Sample(c =>
        {
            bool IsQuiet(Instant at) => c.Quiet.Covers(at.InZone(c.Zone).TimeOfDay);

            var expected = c.At;
            while (IsQuiet(expected))
            {
                expected += Duration.FromMinutes(1);
            }

            return c.Quiet.FirstAllowed(c.At, c.Zone) == expected;
        });

    [Theory]
    [InlineData("Europe/Berlin", "2031-06-01T21:00:00Z", "22:00", "07:30", "2031-06-02T05:30:00Z")]
    [InlineData("Europe/Berlin", "2031-06-01T19:59:00Z", "22:00", "07:30", "2031-06-01T19:59:00Z")]
    [InlineData("Europe/Berlin", "2026-03-29T00:30:00Z", "22:00", "02:30", "2026-03-29T01:00:00Z")]
    [InlineData("Europe/Berlin", "2026-10-25T00:15:00Z", "22:00", "02:30", "2026-10-25T00:30:00Z")]
    [InlineData("Europe/Berlin", "2026-10-25T01:15:00Z", "22:00", "02:30", "2026-10-25T01:30:00Z")]
    [InlineData("Asia/Kathmandu", "2026-10-25T16:00:00Z", "21:00", "08:00", "2026-10-26T02:15:00Z")]
    [InlineData("Pacific/Apia", "2011-12-30T08:00:00Z", "21:00", "08:00", "2011-12-30T18:00:00Z")]
    public void Known_spans(string zone, string at, string from, string to, string allowed)
    {
        var quiet = new QuietSpan(Clock(from), Clock(to));

        var first = quiet.FirstAllowed(InstantPattern.General.Parse(at).Value, DateTimeZoneProviders.Tzdb[zone]);

        Assert.Equal(InstantPattern.General.Parse(allowed).Value, first);
    }

    private static LocalTime Clock(string text) =>
        LocalTimePattern.CreateWithInvariantCulture("HH:mm").Parse(text).Value;
}

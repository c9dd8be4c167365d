using CsCheck;
using FollowUps.Recipients;
using NodaTime;
using NodaTime.TimeZones;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Data;

// The database computes what is due by a clock; NodaTime says whether it is right.
public sealed class DueByClockTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly ZoneLocalMappingResolver Policy = Resolvers.CreateMappingResolver(
        Resolvers.ReturnLater,
        Resolvers.ReturnForwardShifted
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<Instant[]> DueAsync(IReadOnlyList<Rule> rules)
    {
        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        await using var command = database.CreateCommand(
            """
            SELECT followups.due_by_clock(anchor_at, days_after, local_time, time_zone)
            FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS r(anchor_at, days_after, local_time, time_zone, ord)
            ORDER BY ord
            """
        );
        command.Parameters.Add(new() { Value = rules.Select(r => r.Anchor.ToDateTimeUtc()).ToArray() });
        command.Parameters.Add(new() { Value = rules.Select(r => r.Days).ToArray() });
        command.Parameters.Add(new() { Value = rules.Select(r => r.Time.ToTimeOnly()).ToArray() });
        command.Parameters.Add(new() { Value = rules.Select(r => r.Zone).ToArray() });
        var due = new List<Instant>();
        await using var row = await command.ExecuteReaderAsync(Token);
        while (await row.ReadAsync(Token))
        {
            due.Add(Instant.FromDateTimeUtc(row.GetDateTime(0)));
        }

        return [.. due];
    }

    private static Instant Expected(Rule rule)
    {
        var zone = DateTimeZoneProviders.Tzdb[rule.Zone];
        var day = rule.Anchor.InZone(zone).Date.PlusDays(rule.Days);
        return (day + rule.Time).InZone(zone, Policy).ToInstant();
    }

    [Fact]
    public async Task Due_is_the_time_on_that_days_clocks_in_every_zone_and_season() =>
        await Gen.Select(
                Gen.Int[0, SomeZones.Ids.Length - 1].Select(i => SomeZones.Ids[i]),
                Gen.Int[0, 60 * 365 * 24 * 60],
                Gen.Int[0, 40],
                Gen.Int[0, 1439],
                Gen.Bool
            )
            .Select(c =>
            {
                var (id, minute, days, time, near) = c;
                var anchor = Instant.FromUtc(1975, 1, 1, 0, 0) + Duration.FromMinutes(minute);
                var interval = DateTimeZoneProviders.Tzdb[id].GetZoneInterval(anchor);
                return near && interval.HasEnd
                    // The day of a change of the clocks, and a time close to it.
                    ? new Rule(
                        id,
                        interval.End - Duration.FromDays(days),
                        days,
                        interval.IsoLocalEnd.TimeOfDay.PlusMinutes(time % 180 - 90)
                    )
                    : new Rule(id, anchor, days, LocalTime.Midnight.PlusMinutes(time));
            })
            .Array[400]
            .SampleAsync(
                async rules =>
                {
                    var due = await DueAsync(rules);
                    for (var i = 0; i < rules.Length; i++)
                    {
                        Assert.True(Expected(rules[i]) == due[i], $"{rules[i]}: {due[i]}, not {Expected(rules[i])}");
                    }
                },
                iter: 20,
                threads: 1
            );

    [Theory]
    [InlineData("Europe/Berlin", "2031-11-05T18:00:00Z", 1, "10:00", "2031-11-06T09:00:00Z")]
    [InlineData("Europe/Berlin", "2031-11-05T23:30:00Z", 1, "10:00", "2031-11-07T09:00:00Z")]
    [InlineData("Europe/Berlin", "2026-03-28T18:00:00Z", 1, "02:30", "2026-03-29T01:30:00Z")]
    [InlineData("Europe/Berlin", "2026-10-24T18:00:00Z", 1, "02:30", "2026-10-25T01:30:00Z")]
    [InlineData("Pacific/Apia", "2011-12-29T20:00:00Z", 1, "10:00", "2011-12-30T20:00:00Z")]
    public async Task Known_cases(string zone, string anchor, int days, string time, string expected)
    {
        var rule = new Rule(
            zone,
            Instant.FromDateTimeOffset(DateTimeOffset.Parse(anchor, null)),
            days,
            LocalTime.FromTimeOnly(TimeOnly.Parse(time, null))
        );

        Assert.Equal(Instant.FromDateTimeOffset(DateTimeOffset.Parse(expected, null)), (await DueAsync([rule]))[0]);
    }

    // The two bring their own copies of the time zone database.
    [Fact]
    public async Task Every_zone_that_a_caller_may_name_is_one_to_the_database_too()
    {
        var noon = Instant.FromUtc(2026, 7, 1, 12, 0);
        var rules = DateTimeZoneProviders
            .Tzdb.Ids.Select(id => new Rule(RecipientRules.ZoneId(id), noon, 0, new LocalTime(10, 0)))
            .ToList();

        var due = await DueAsync(rules);

        Assert.Equal(rules.Select(Expected), due);
    }

    private sealed record Rule(string Zone, Instant Anchor, int Days, LocalTime Time);
}

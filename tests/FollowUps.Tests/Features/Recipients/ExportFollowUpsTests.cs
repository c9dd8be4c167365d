using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Recipients;

public sealed class ExportFollowUpsTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly DateTimeOffset Later = new(2031, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static NewFollowUp Custom(string user, int hour) =>
        new()
        {
            Trigger = FollowUpTrigger.Custom,
            UserId = user,
            ScheduledAt = Later.AddHours(hour),
            Message = $"Menu {hour} is ready.",
        };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(200)]
    public async Task Pages_of_any_size_hold_everything_once_and_nobody_elses(int limit)
    {
        var (user, stranger) = (Some.Id(), Some.Id());
        await host.Modules.Send(new PutRecipient { UserId = user, Locale = "de" }, Token);
        foreach (var n in (int[])[0, 1, 2])
        {
            await host.Modules.Send(new ConfirmBooking($"{user}-{n}", user, user, Later.AddDays(3 * n)), Token);
        }

        await host.Modules.Send(
            new ScheduleFollowUps([Custom(user, 1), Custom(user, 1), Custom(stranger, 2), Custom(user, 900)]),
            Token
        );

        var bookings = new List<string>();
        var followUps = new List<ExportedFollowUp>();
        var recipients = 0;
        var request = new ExportFollowUps(user, limit);
        for (FollowUpsExport page; ; request = request with { After = page.Next })
        {
            page = await host.Modules.Send(request, Token);
            Assert.True(page.Bookings.Count + page.FollowUps.Count <= limit);
            Assert.True(bookings.Count < 3 || page.Bookings.Count == 0);
            Assert.True(page.FollowUps.Count == 0 || bookings.Count + page.Bookings.Count == 3);
            recipients += page.Recipient is { Locale: "de" } ? 1 : 0;
            bookings.AddRange(page.Bookings.Select(b => b.BookingId));
            followUps.AddRange(page.FollowUps);
            if (page.Next is null)
            {
                break;
            }
        }

        Assert.Equal(1, recipients);
        Assert.Equal([$"{user}-0", $"{user}-1", $"{user}-2"], bookings);
        Assert.Equal(6, followUps.Select(f => f.FollowUp.Id).Distinct().Count());
        Assert.Equal(6, followUps.Count);
        Assert.All(followUps, f => Assert.Equal(user, f.FollowUp.UserId));
        Assert.Equal(
            followUps.OrderBy(f => f.FollowUp.ScheduledAt).Select(f => f.FollowUp.Id),
            followUps.Select(f => f.FollowUp.Id)
        );
        Assert.Contains(followUps, f => f.Message == "Menu 900 is ready.");
    }

    [Fact]
    public async Task What_was_sent_comes_with_its_words_and_delivery()
    {
        var user = Some.Id();
        var item = Custom(user, 1) with { ScheduledAt = DateTimeOffset.UtcNow };
        await host.Modules.Send(new ScheduleFollowUps([item]), Token);

        var exported = await Until.NotNull(async () =>
            (await host.Modules.Send(new ExportFollowUps(user), Token)).FollowUps
                is [{ FollowUp.Status: FollowUpStatus.Executed } sent]
                ? sent
                : null
        );

        Assert.Equal(exported.Body, exported.Delivery!.Body);
        Assert.Contains(item.Message!, exported.Body, StringComparison.Ordinal);
        Assert.Equal((user, 1), (exported.Delivery.UserId, exported.Delivery.Attempt));
    }

    [Fact]
    public async Task Nothing_is_held_on_a_stranger() =>
        Assert.Equivalent(
            new FollowUpsExport(null, [], [], null),
            await host.Modules.Send(new ExportFollowUps(Some.Id()), Token),
            strict: true
        );

    [Theory]
    [InlineData("", 50)]
    [InlineData("guest", 0)]
    [InlineData("guest", 201)]
    public async Task No_user_and_a_limit_out_of_bounds_are_refused(string user, int limit) =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new ExportFollowUps(user, limit), Token));
}

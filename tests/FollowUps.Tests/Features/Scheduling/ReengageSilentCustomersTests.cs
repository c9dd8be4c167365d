using Conversations.Contracts;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Scheduling;

public sealed class ReengageSilentCustomersTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<string> Silent(int days)
    {
        var user = Some.Id();
        var message = Some.Message(Some.Id(), null, DateTimeOffset.UtcNow.AddDays(-days)) with { UserId = user };
        await host.Modules.Send(new StoreMessages([message]), Token);
        return user;
    }

    private async Task<IReadOnlyList<ListedFollowUp>> Reengagements(string user) =>
        (await host.Modules.Send(new ListFollowUps(user, Trigger: FollowUpTrigger.Reengagement), Token)).Items;

    [Fact]
    public async Task Only_who_has_been_silent_for_thirty_days_is_written_to_and_once()
    {
        var (silent, recent, longGone) = (await Silent(31), await Silent(29), await Silent(60));

        await host.Modules.Send(new ReengageSilentCustomers(), Token);
        await host.Modules.Send(new ReengageSilentCustomers(), Token);

        Assert.Single(await Reengagements(silent));
        Assert.Empty(await Reengagements(recent));
        Assert.Empty(await Reengagements(longGone));
    }

    [Fact]
    public async Task Customer_with_an_upcoming_booking_or_an_escalation_is_left_alone()
    {
        var (booked, done, escalated) = (await Silent(32), await Silent(32), await Silent(32));
        await host.Modules.Send(
            new ConfirmBooking(Some.Id(), booked, Some.Id(), DateTimeOffset.UtcNow.AddDays(3)),
            Token
        );
        await host.Modules.Send(
            new ConfirmBooking(Some.Id(), done, Some.Id(), DateTimeOffset.UtcNow.AddDays(-3)),
            Token
        );
        var conversation = (await host.Modules.Send(new ListConversations(escalated), Token)).Items[0].Id;
        await host.Modules.Send(new EscalateConversation(conversation), Token);

        await host.Modules.Send(new ReengageSilentCustomers(), Token);

        Assert.Empty(await Reengagements(booked));
        Assert.Single(await Reengagements(done));
        Assert.Empty(await Reengagements(escalated));
    }

    [Fact]
    public async Task Scan_goes_through_all_pages_and_writes_to_past_customers_as_such()
    {
        var users = Enumerable.Range(0, 1100).Select(_ => Some.Id()).ToArray();
        var at = DateTimeOffset.UtcNow.AddDays(-33);
        await host.Modules.Send(
            new StoreMessages([
                .. users.Select((user, i) => Some.Message($"{user}c", null, at.AddSeconds(i)) with { UserId = user }),
                .. users
                    .Where((_, i) => i % 2 == 0)
                    .Select(user => Some.Message($"{user}d", null, at.AddDays(-100)) with { UserId = user }),
            ]),
            Token
        );
        await host.Modules.Send(
            new ConfirmBooking(Some.Id(), users[^1], Some.Id(), DateTimeOffset.UtcNow.AddDays(3)),
            Token
        );

        await host.Modules.Send(new ReengageSilentCustomers(), Token);

        var templates = await Task.WhenAll(
            users.Select(async user => (await Reengagements(user)).SingleOrDefault()?.TemplateId)
        );
        Assert.Equal(
            users.Select(
                (user, i) =>
                    user == users[^1] ? null
                    : i % 2 == 0 ? "reengagement_past_customer"
                    : "reengagement_general"
            ),
            templates
        );
    }
}

using FollowUps.Contracts;
using MediatR;
using Testing;

namespace FollowUps.Tests.Data;

// What every operation costs on a slow link. Counted on the wire: no clock.
public sealed class CrossingsTests(CountedHostFixture host) : IClassFixture<CountedHostFixture>
{
    private const string Module = "followups";
    private static readonly DateTimeOffset Evening = new(2091, 11, 5, 18, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Func<FollowUp, string, IBaseRequest>> Operations = new()
    {
        ["schedule one"] = (_, user) => new ScheduleFollowUps([PostEvent(user)]),
        ["schedule a thousand"] = (_, user) =>
            new ScheduleFollowUps([.. Enumerable.Range(0, 1000).Select(i => PostEvent($"{user}{i % 500}"))]),
        ["schedule three hundred for one"] = (_, user) =>
            new ScheduleFollowUps([.. Enumerable.Range(0, 300).Select(_ => PostEvent(user))]),
        ["cancel"] = (known, _) => new CancelFollowUp(known.Id),
        ["reschedule"] = (known, _) => new RescheduleFollowUp(known.Id, Evening.AddDays(3)),
        ["retry"] = (known, _) => new RetryFollowUp(known.Id),
        ["retry all"] = (_, _) => new RetryFollowUps(),
        ["get"] = (known, _) => new GetFollowUp(known.Id),
        ["refusals"] = (known, _) => new ListRefusals(known.UserId),
        ["list"] = (known, _) => new ListFollowUps(known.UserId),
        ["statistics"] = (_, _) => new GetFollowUpStatistics(),
        ["health"] = (_, _) => new GetDispatchHealth(),
        ["outbox"] = (known, _) => new ListOutbox(known.UserId),
        ["confirm a booking"] = (_, user) => new ConfirmBooking(user, user, user, Evening),
        ["reschedule a booking"] = (known, _) => new RescheduleBooking(known.BookingId!, Evening.AddDays(9)),
        ["cancel a booking"] = (known, _) => new CancelBooking(known.BookingId!),
        ["complete a booking"] = (known, _) => new CompleteBooking(known.BookingId!),
        ["record a no-show"] = (known, _) => new RecordNoShow(known.BookingId!),
        ["get a recipient"] = (known, _) => new GetRecipient(known.UserId),
        ["put a recipient"] = (known, _) => new PutRecipient { UserId = known.UserId, OptOut = ["custom"] },
        ["erase"] = (known, _) => new EraseFollowUps(known.UserId),
        ["export"] = (known, _) => new ExportFollowUps(known.UserId),
        ["versions of a template"] = (_, _) => new ListTemplateVersions("custom"),
        ["read a forged link"] = (_, user) => new ReadUnsubscribeLink(user),
        ["unsubscribe by a forged link"] = (_, user) => new UnsubscribeRecipient(user),
        ["check in on mood drops"] = (_, _) => new CheckInOnMoodDrops(),
        ["reengage silent customers"] = (_, _) => new ReengageSilentCustomers(),
        ["list templates"] = (_, _) => new ListTemplates(),
        ["get a template"] = (_, _) => new GetTemplate("custom", "de-AT", "email"),
        ["put a template"] = (_, user) =>
            new PutTemplate
            {
                Id = "custom",
                Locale = "ga",
                Body = user,
            },
        ["delete a template"] = (_, _) => new DeleteTemplate("custom", "ga"),
        ["preview a template"] = (known, _) => new PreviewTemplate { Id = "custom", UserId = known.UserId },
        ["pause"] = (_, _) => new PauseDispatch(FollowUpTrigger.Reengagement),
        ["explain"] = (_, _) => new ExplainQueries(),
        ["resume"] = (_, _) => new ResumeDispatch(FollowUpTrigger.Reengagement),
    };

    // A link's seal is checked by its key alone.
    private static readonly string[] Free = ["read a forged link", "unsubscribe by a forged link"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names() => [.. Operations.Keys];

    private static NewFollowUp PostEvent(string user) =>
        new()
        {
            Trigger = FollowUpTrigger.PostEvent,
            UserId = user,
            ConversationId = user,
            BookingId = user,
            EventAt = Evening,
        };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_operation_crosses_once(string name)
    {
        var crossings = await host.Crossings.MeasureAsync(
            Module,
            async () =>
            {
                var known = (await host.Modules.Send(new ScheduleFollowUps([PostEvent(Some.Id())]), Token))[
                    0
                ].FollowUp!;
                var request = Operations[name](known, Some.Id());
                return () => host.Modules.Send(request, Token);
            }
        );

        Assert.Equal(Free.Contains(name) ? 0 : 1, crossings);
    }

    // How often dispatch crosses is counted below.
    [Fact]
    public async Task Every_request_of_the_module_has_its_row()
    {
        var known = (await host.Modules.Send(new ScheduleFollowUps([PostEvent(Some.Id())]), Token))[0].FollowUp!;

        Assert.Equal(
            [typeof(DispatchDueFollowUps)],
            typeof(ScheduleFollowUps)
                .Assembly.GetExportedTypes()
                .Where(type => type.IsAssignableTo(typeof(IBaseRequest)))
                .Except(Operations.Values.Select(request => request(known, Some.Id()).GetType()))
        );
    }

    [Fact]
    public async Task A_confirmation_stores_its_message_and_reads_the_mood_beside_that()
    {
        var crossings = await host.Crossings.MeasureAsync(
            "conversations",
            () => host.Modules.Send(new ConfirmBooking(Some.Id(), Some.Id(), Some.Id(), Evening), Token)
        );

        Assert.Equal(2, crossings);
    }

    [Fact]
    public async Task Dispatch_crosses_as_often_for_three_hundred_as_for_one()
    {
        await DispatchAsync(1);

        var one = await DispatchAsync(1);
        var many = await DispatchAsync(300);

        Assert.Equal(one, many);
    }

    // Due by a change behind the module's back: the dispatcher of this host is not woken, and only the request below sends them.
    private async Task<(int FollowUps, int Conversations)> DispatchAsync(int count)
    {
        var users = Enumerable.Range(0, count).Select(_ => Some.Id()).ToArray();
        await host.Modules.Send(new ScheduleFollowUps([.. users.Select(PostEvent)]), Token);
        await host.ExecuteAsync(
            "UPDATE followups.follow_ups SET next_at = now() WHERE user_id = ANY ($1)",
            (object)users
        );
        var before = (host.Crossings.Of(Module), host.Crossings.Of("conversations"));

        var result = await host.Modules.Send(new DispatchDueFollowUps(), Token);

        Assert.Equal((count, count), (result.Claimed, result.Sent));
        return (host.Crossings.Of(Module) - before.Item1, host.Crossings.Of("conversations") - before.Item2);
    }
}

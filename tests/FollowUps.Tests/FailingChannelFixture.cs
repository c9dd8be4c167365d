using FollowUps.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Testing;

namespace FollowUps.Tests;

// A host whose channel refuses for good what it is given, until told otherwise.
public sealed class FailingChannelFixture : HostFixture
{
    internal RefusingChannel Channel { get; } = new();

    protected override void Customise(WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<IDeliveryChannel>(Channel);

    internal async Task<FollowUp> FailedAsync(string user, string? key = null)
    {
        var id = (await Modules.Send(new ScheduleFollowUps([Some.FollowUp(user) with { DedupeKey = key }])))[0]
            .FollowUp!
            .Id;
        return await Until.NotNull(async () =>
            await Modules.Send(new GetFollowUp(id)) is { Status: FollowUpStatus.Failed } failed ? failed : null
        );
    }
}

internal sealed class RefusingChannel : IDeliveryChannel
{
    public bool Refuses { get; set; } = true;

    public string Name => "refusing";

    public Task<IReadOnlyList<DeliveryResult>> DeliverAsync(
        IReadOnlyList<Contracts.Delivery> deliveries,
        CancellationToken cancellationToken
    ) =>
        Task.FromResult<IReadOnlyList<DeliveryResult>>([
            .. deliveries.Select(_ => Refuses ? new DeliveryResult(false, "no such address", true) : new(true)),
        ]);
}

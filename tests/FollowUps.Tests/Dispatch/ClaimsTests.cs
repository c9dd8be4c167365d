using FollowUps.Contracts;
using FollowUps.Dispatch;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace FollowUps.Tests.Dispatch;

// A database of its own: a claim takes whatever is due.
public sealed class ClaimsTests(ClaimsTests.Host host) : IClassFixture<ClaimsTests.Host>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_due_first_is_claimed_first_whatever_its_trigger_and_what_another_holds_is_passed_over()
    {
        FollowUpTrigger[] trigger = [FollowUpTrigger.PostEvent, FollowUpTrigger.Reengagement, FollowUpTrigger.Custom];
        var items = Enumerable.Range(0, 3 * Host.BatchSize).Select(i => Overdue(trigger[i % 3], 60 - i)).ToList();
        var scheduled = await host.Modules.Send(new ScheduleFollowUps([.. items.OrderBy(item => item.UserId)]), Token);
        var ids = items.ConvertAll(item => scheduled.Single(s => s.FollowUp!.UserId == item.UserId).FollowUp!.Id);

        var first = await TakeAsync();
        await using var database = NpgsqlDataSource.Create(host.ConnectionString);
        await using var another = await database.OpenConnectionAsync(Token);
        await using var holding = await another.BeginTransactionAsync(Token);
        await using (var hold = another.CreateCommand())
        {
            hold.CommandText = "SELECT FROM followups.follow_ups WHERE id = ANY ($1) FOR UPDATE";
            hold.Parameters.Add(new() { Value = ids[Host.BatchSize..(2 * Host.BatchSize)].ToArray() });
            await hold.ExecuteNonQueryAsync(Token);
        }

        var second = await TakeAsync();
        await holding.RollbackAsync(Token);
        var third = await TakeAsync();

        Assert.Equal(ids[..Host.BatchSize].Order(), first.Order());
        Assert.Equal(ids[(2 * Host.BatchSize)..].Order(), second.Order());
        Assert.Equal(ids[Host.BatchSize..(2 * Host.BatchSize)].Order(), third.Order());
    }

    private async Task<IEnumerable<Guid>> TakeAsync() =>
        (await host.Services.GetRequiredService<Claims>().TakeAsync(TimeSpan.Zero, Token)).Claims.Select(c => c.Id);

    private static NewFollowUp Overdue(FollowUpTrigger trigger, int minutes)
    {
        var due = DateTimeOffset.UtcNow.AddMinutes(-minutes);
        return new NewFollowUp
        {
            Trigger = trigger,
            UserId = Some.Id(),
            EventAt = trigger == FollowUpTrigger.PostEvent ? due.AddDays(-1) : null,
            LastActivityAt = trigger == FollowUpTrigger.Reengagement ? due.AddDays(-30) : null,
            ScheduledAt = trigger == FollowUpTrigger.Custom ? due : null,
            Message = "Your menu is ready.",
        };
    }

    public sealed class Host() : ObedientHostFixture(null, ("FollowUps:DispatchBatchSize", $"{BatchSize}"))
    {
        public const int BatchSize = 8;
    }
}

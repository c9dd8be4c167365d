using Conversations.Contracts;
using FollowUps.Delivery;
using FollowUps.Recipients;
using FollowUps.Wording;
using MediatR;
using Microsoft.Extensions.Options;
using Npgsql;
using Polly;
using Polly.Retry;

namespace FollowUps.Dispatch;

// What is done with a claimed batch: asked for its moods, worded, written down, delivered, stored, recorded. The number of crossings does not
// depend on its size.
internal sealed class Sending(
    Claims claims,
    ISender modules,
    Deciding deciding,
    WritingDown attempts,
    Recording recording,
    UnsubscribeLinks unsubscribing,
    DueSignal due,
    Lead lead,
    IOptions<FollowUpsOptions> options,
    TimeProvider clock
)
{
    // What is delivered and not recorded is uncertain: a database that is away is waited for. The fence bears repetition.
    private static readonly ResiliencePipeline Persistently = new ResiliencePipelineBuilder()
        .AddRetry(
            new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(problem => problem.IsTransient),
                MaxRetryAttempts = 60,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(100),
                MaxDelay = TimeSpan.FromSeconds(2),
                UseJitter = true,
            }
        )
        .Build();

    // Answers how many were sent, and when the first of those put off is due again. Tells when all is handed over, or put off, and what remains
    // is to wait for answers.
    public async Task<(int Sent, DateTimeOffset? NextAt)> SendAsync(
        ClaimedBatch batch,
        Action handedOver,
        CancellationToken cancellationToken
    )
    {
        if (batch.Claims.Count == 0)
        {
            return (0, null);
        }

        using var done = new CancellationTokenSource();
        var extending = ExtendAsync(batch.Claims, done.Token);
        try
        {
            var outcomes = await PrepareAsync(batch, cancellationToken);

            // A slow channel does not keep the others' outcomes waiting. What there is nothing to send of goes along with one of them.
            var lanes = outcomes
                .Where(o => o.Kind == OutcomeKind.Sent)
                .GroupBy(o => o.Route!.Lane!)
                .Select(lane => (Lane: (Lane?)lane.Key, Outcomes: lane.ToList()))
                .ToList();
            if (lanes.Count == 0)
            {
                lanes.Add((null, []));
            }

            lanes[0].Outcomes.AddRange(outcomes.Where(o => o.Kind != OutcomeKind.Sent));
            var open = lanes.Count;
            await Task.WhenAll(
                lanes.Select(lane => FinishAsync(lane.Lane, lane.Outcomes, LaneIsDone, cancellationToken))
            );
            return (outcomes.Count(o => o.Kind == OutcomeKind.Sent), outcomes.Min(o => o.NextAt));

            void LaneIsDone()
            {
                if (Interlocked.Decrement(ref open) == 0)
                {
                    handedOver();
                }
            }
        }
        finally
        {
            await done.CancelAsync();
            await extending;
        }
    }

    private async Task FinishAsync(
        Lane? lane,
        List<Outcome> outcomes,
        Action handedOver,
        CancellationToken cancellationToken
    )
    {
        if (lane is not null)
        {
            await DeliverAsync(lane, outcomes, handedOver, cancellationToken);
        }

        // From here on it is finished, come what may: giving up now would leave attempts uncertain that are not.
        // The texts first, so that a crash in between stores them again (same ids) instead of never; but what cannot be stored must not keep
        // what was sent from being recorded: it would be sent again and again.
        var texts = Recording.TextsOf(outcomes);
        await Persistently.ExecuteAsync(
            async _ => await recording.StoreAsync(texts, Recording.Patience),
            CancellationToken.None
        );
        await Persistently.ExecuteAsync(async _ => await recording.RecordAsync(outcomes), CancellationToken.None);
        await Persistently.ExecuteAsync(
            async _ => await recording.StoreAsync(texts, int.MaxValue),
            CancellationToken.None
        );
    }

    private async Task ExtendAsync(IReadOnlyList<Claim> batch, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.Lease / 3, clock);
        while (true)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
                await claims.ExtendAsync(batch, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException)
            {
                // The database is away. Should the lease end meanwhile, the fence keeps a second recording apart.
            }
        }
    }

    private async Task<List<Outcome>> PrepareAsync(ClaimedBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            var moods = await modules.Send(
                new GetMoods([.. batch.Claims.Select(claim => new MoodSubject(claim.UserId, claim.ConversationId))]),
                cancellationToken
            );
            var outcomes = batch.Claims.Zip(moods, deciding.Decide).ToList();
            var worded = clock.GetElapsedTime(batch.Started);

            // Reckoned from the claim's own instant, not by a clock that may have been set meanwhile.
            var first = batch.Claims.Min(claim => claim.DueAt);
            var rest = first - batch.At - worded - lead.Writing;
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, clock, cancellationToken);
            }

            var writing = clock.GetTimestamp();
            outcomes = await attempts.WriteDownAsync(outcomes, cancellationToken);
            if (first > batch.At)
            {
                var wrote = clock.GetElapsedTime(writing);
                lead.Learn(worded + wrote, wrote);
            }

            return outcomes;
        }
        catch (OperationCanceledException)
        {
            await ReleaseAsync(batch.Claims);
            throw;
        }
    }

    private async Task DeliverAsync(
        Lane lane,
        List<Outcome> outcomes,
        Action handedOver,
        CancellationToken cancellationToken
    )
    {
        var sending = outcomes.FindAll(outcome => outcome.Kind == OutcomeKind.Sent);
        sending.Sort((one, other) => one.Claim.DueAt.CompareTo(other.Claim.DueAt));
        var now = clock.GetUtcNow();
        using var abandoned = new CancellationTokenSource();
        await using var stopping = cancellationToken.Register(() => abandoned.CancelAfter(options.Value.StopGrace));
        var handovers = await lane.DeliverAsync(
            sending.ConvertAll(o => new Parcel(
                o.Claim.DueAt,
                new Contracts.Delivery(
                    o.Claim.Id,
                    o.Claim.UserId,
                    o.Route!.Address,
                    o.Subject,
                    o.Body!,
                    o.Claim.Attempt,
                    o.Claim.DueAt > now ? o.Claim.DueAt : now,
                    unsubscribing.Of(o.Claim.UserId, o.Claim.Trigger)
                )
                {
                    Trigger = o.Claim.Trigger,
                    IsHtml = TemplateRenderer.IsHtml(o.TemplateChannel),
                }
            )),
            left => ReleaseAsync(sending.GetRange(left, sending.Count - left).ConvertAll(outcome => outcome.Claim)),
            handedOver,
            cancellationToken,
            abandoned.Token
        );
        for (var i = 0; i < sending.Count; i++)
        {
            Judge(sending[i], handovers[i]);
        }

        outcomes.RemoveAll(outcome => outcome.Kind == OutcomeKind.Untried);
    }

    // The Host stops: these were not handed to anyone, and others may have them at once.
    private async Task ReleaseAsync(IReadOnlyList<Claim> untried)
    {
        try
        {
            await claims.ReleaseAsync(untried);
            due.Announce(clock.GetUtcNow());
        }
        catch (NpgsqlException)
        {
            // The database is away: their leases end. What was handed over meanwhile is still to be recorded.
        }
    }

    private void Judge(Outcome outcome, Handover handover)
    {
        if (handover.Result is not { } result)
        {
            outcome.Kind = handover.PutOff is null ? OutcomeKind.Untried : OutcomeKind.Held;
            outcome.Reason = handover.PutOff;
            outcome.NextAt = handover.Until;
            return;
        }

        if (result.Delivered)
        {
            return;
        }

        var now = clock.GetUtcNow();
        outcome.Reason = result.Error;
        outcome.Uncertain = result.Uncertain;
        if (result.Permanent)
        {
            outcome.Kind = OutcomeKind.Failed;
        }
        else if (result.RetryAfter is { } wait)
        {
            outcome.Kind = OutcomeKind.TurnedAway;
            outcome.NextAt = now + Longer(wait, outcome.Claim.AttemptsBefore);
        }
        else
        {
            outcome.TryLater(options.Value, now);
        }
    }

    // A provider that names no time worth the name, again and again, is asked less and less often: each asking is kept with the follow-up.
    private TimeSpan Longer(TimeSpan wait, int before)
    {
        var least = TimeSpan.FromSeconds(Math.Pow(2, Math.Clamp(before - 10, 0, 20)));
        least = least < options.Value.BackoffMax ? least : options.Value.BackoffMax;
        return wait > least ? wait : least;
    }
}

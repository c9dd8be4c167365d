using BenchmarkDotNet.Attributes;
using Benchmarks.Ways;
using Conversations;
using Conversations.Contracts;
using Conversations.Features;
using Conversations.Messages;
using FluentValidation;
using FollowUps;
using FollowUps.Contracts;
using FollowUps.Features.Scheduling;
using Microsoft.Extensions.Options;

namespace Benchmarks.Micro;

// What happens to a request before the database sees it.
public class Accepting
{
    private readonly StoreMessagesValidator store = new(Options.Create(new ConversationsOptions()));
    private readonly ScheduleFollowUpsValidator schedule = new(
        Options.Create(new FollowUpsOptions()),
        TimeProvider.System
    );
    private StoreMessages messages = null!;
    private ScheduleFollowUps followUps = null!;

    [Params(1, 1000)]
    public int Items { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        messages = new([.. Enumerable.Range(0, Items).Select(_ => Samples.Message(Samples.NewId("c"), "anna", 0.5))]);
        followUps = new([.. Enumerable.Range(0, Items).Select(_ => Samples.FollowUp(Samples.NewId("u"), "c"))]);
    }

    [Benchmark]
    public void ValidateMessages() => store.ValidateAndThrow(messages);

    [Benchmark]
    public object OrderAndCountTokens() => Arrivals.Of(messages.Messages, Samples.EventAt);

    [Benchmark]
    public void ValidateFollowUps() => schedule.ValidateAndThrow(followUps);
}

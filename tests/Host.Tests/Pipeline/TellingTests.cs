using Conversations.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Testing;

namespace Host.Tests.Pipeline;

public sealed class TellingTests(TellingTests.DeafHost host) : IClassFixture<TellingTests.DeafHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_told_of_a_write_and_fails_makes_nobody_write_again()
    {
        var conversations = Enumerable.Range(0, 60).Select(_ => Some.Id()).ToArray();

        // The moods of some drop; all write at once and join one another.
        var results = await Task.WhenAll(
            conversations.Select(
                (id, i) =>
                    Task.Run(
                        () => host.Modules.Send(new StoreMessages([Some.Message(id, i % 5 == 0 ? 0.1 : 0.9)]), Token),
                        Token
                    )
            )
        );

        Assert.All(results, result => Assert.Equal((1, null), (result.Stored, result.Refusal)));
        foreach (var id in conversations)
        {
            Assert.Equal(1, (await host.Modules.Send(new GetConversation(id), Token))!.MessageCount);
        }

        Assert.NotEqual(0, DeafSubscriber.Told);
    }

    public sealed class DeafHost : HostFixture
    {
        protected override void Customise(WebApplicationBuilder builder) =>
            builder.Services.AddSingleton<INotificationHandler<MoodDropped>, DeafSubscriber>();
    }

    private sealed class DeafSubscriber : INotificationHandler<MoodDropped>
    {
        private static int told;

        public static int Told => Volatile.Read(ref told);

        public Task Handle(MoodDropped notification, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref told);
            throw new PostgresException("no", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation);
        }
    }
}

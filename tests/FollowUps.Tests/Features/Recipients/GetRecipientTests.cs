using FluentValidation;
using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Recipients;

public sealed class GetRecipientTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_never_put_has_the_defaults()
    {
        var user = Some.Id();

        var recipient = await host.Modules.Send(new GetRecipient(user), Token);

        Assert.Equivalent(new Recipient { UserId = user, Tag = recipient!.Tag }, recipient, strict: true);
    }

    [Fact]
    public async Task What_was_put_is_read_back()
    {
        var put = new PutRecipient
        {
            UserId = Some.Id(),
            TimeZone = "Europe/Berlin",
            Locale = "de-AT",
            Addresses = new Dictionary<string, string?> { ["email"] = "anna@example.org" },
            OptOut = ["reengagement"],
            QuietHours = new("22:00", "07:00"),
        };
        var stored = await host.Modules.Send(put, Token);

        var read = await host.Modules.Send(new GetRecipient(put.UserId), Token);

        Assert.Equivalent(stored!.Recipient, read, strict: true);
        Assert.Equal(
            ("Europe/Berlin", "de-AT", new QuietHours("22:00", "07:00")),
            (read!.TimeZone, read.Locale, read.QuietHours)
        );
    }

    [Fact]
    public async Task Empty_id_is_refused() =>
        await Assert.ThrowsAsync<ValidationException>(() => host.Modules.Send(new GetRecipient(""), Token));
}

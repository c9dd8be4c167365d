using FollowUps.Contracts;
using Testing;

namespace FollowUps.Tests.Features.Templates;

public sealed class GetTemplateTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<Template> Get(string? locale = null, string? channel = null) =>
        (await host.Modules.Send(new GetTemplate("post_event_high_emotion", locale, channel), Token))!;

    private Task<TemplateWrite?> Put(string? locale, string? channel) =>
        host.Modules.Send(
            new PutTemplate
            {
                Id = "post_event_high_emotion",
                Locale = locale,
                Channel = channel,
                Body = $"{locale ?? "all"} {channel ?? "all"}",
            },
            Token
        );

    [Fact]
    public async Task The_nearest_text_is_in_force_language_before_channel_and_overrides_before_what_is_built_in()
    {
        Assert.Equal(TemplateSource.BuiltIn, (await Get("de-AT", "email")).Source);

        await Put(null, null);
        Assert.Equal("all all", (await Get("de-AT", "email")).Body);

        await Put(null, "email");
        Assert.Equal("all email", (await Get("de-AT", "email")).Body);
        Assert.Equal("all all", (await Get("de-AT", "sms")).Body);

        await Put("de", null);
        Assert.Equal("de all", (await Get("de-AT", "email")).Body);

        await Put("de", "email");
        Assert.Equal("de email", (await Get("de-AT", "email")).Body);

        await Put("de-AT", null);
        Assert.Equal("de-AT all", (await Get("de-at", "email")).Body);
        Assert.Equal("de email", (await Get("de-CH", "email")).Body);
        Assert.Equal("de all", (await Get("de")).Body);
        Assert.Equal("all all", (await Get()).Body);
    }

    [Fact]
    public async Task An_unknown_id_is_answered_with_nothing() =>
        Assert.Null(await host.Modules.Send(new GetTemplate("birthday"), Token));
}
